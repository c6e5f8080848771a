import doorstep as ds

with ds.Blocks() as app:
    ds.Code("def area(radius):\n    return 3.14159 * radius**2\n", language="python", label="Program")

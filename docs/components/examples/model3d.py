import doorstep as ds

with ds.Blocks() as app:
    ds.Model3D(ds.get_model3d("house.obj"), label="Model", height=320)

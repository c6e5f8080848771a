"""A list that the browser keeps: as many rows as there are things to do, made by a `render` function."""

import doorstep as ds

with ds.Blocks(title="To do") as app:
    tasks = ds.BrowserState([], storage_key="todo")
    entry = ds.Textbox(label="What is to be done?", submit_btn="Add")

    @entry.submit(inputs=[entry, tasks], outputs=[entry, tasks])
    def add(text, known):
        return "", [*known, text] if text.strip() else known

    @ds.render(inputs=tasks)
    def show(known):
        if not known:
            ds.Markdown("*Nothing. Enjoy the day.*")
        for number, task in enumerate(known):
            with ds.Row(key=task):
                ds.Textbox(task, show_label=False, container=False, scale=5, interactive=False)
                done = ds.Button("Done", scale=0, min_width=90)
                done.click(lambda known, number=number: known[:number] + known[number + 1 :], tasks, tasks)


if __name__ == "__main__":
    app.launch()

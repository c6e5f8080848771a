import doorstep as ds


class Counter(ds.Widget):
    esm = """
    export default {
      render({ model, el }) {
        const button = document.createElement("button");
        const show = () => (button.textContent = `Clicked ${model.get("count")} times`);
        button.className = "button secondary";
        button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
        model.on("change:count", show);
        show();
        el.append(button);
      },
    };
    """
    field = "count"


with ds.Blocks() as app:
    Counter(3, label="A component of one's own")

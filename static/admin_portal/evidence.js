/* Marking what is covered with the mouse or a finger. It only fills in the numbers of the form, which work without it. */
(() => {
  "use strict";

  const percent = (value) => Math.round(Math.min(Math.max(value, 0), 1) * 1000) / 10;

  for (const paper of document.querySelectorAll("[data-cover]")) {
    const form = document.getElementById(paper.dataset.cover);
    const details = form && form.closest("details");
    if (!details) {
      continue;
    }
    const boxes = [...form.querySelectorAll("[data-box]")];
    const field = (box, side) => box.querySelector(`[data-side="${side}"]`);
    let start = null;

    const draw = () => {
      paper.querySelectorAll("span").forEach((mark) => mark.remove());
      for (const box of details.open ? boxes : []) {
        if (!(Number(field(box, "width").value) && Number(field(box, "height").value))) {
          continue;
        }
        const mark = document.createElement("span");
        for (const side of ["left", "top", "width", "height"]) {
          mark.style[side] = `${Number(field(box, side).value)}%`;
        }
        paper.append(mark);
      }
    };
    const place = (event) => {
      const area = paper.getBoundingClientRect();
      return [percent((event.clientX - area.left) / area.width), percent((event.clientY - area.top) / area.height)];
    };
    const fill = (box, [x, y]) => {
      const round = (value) => String(Math.round(value * 10) / 10);
      field(box, "left").value = round(Math.min(x, start.at[0]));
      field(box, "top").value = round(Math.min(y, start.at[1]));
      field(box, "width").value = round(Math.abs(x - start.at[0]));
      field(box, "height").value = round(Math.abs(y - start.at[1]));
      draw();
    };

    details.addEventListener("toggle", () => {
      paper.classList.toggle("is-marking", details.open);
      draw();
    });
    paper.classList.toggle("is-marking", details.open);
    draw();
    form.addEventListener("input", draw);
    form.addEventListener("reset", () => window.setTimeout(draw));
    paper.addEventListener("pointerdown", (event) => {
      const free = boxes.find((box) => !field(box, "width").value);
      if (!details.open || !free) {
        return;
      }
      event.preventDefault();
      paper.setPointerCapture(event.pointerId);
      start = { at: place(event), box: free };
    });
    paper.addEventListener("pointermove", (event) => start && fill(start.box, place(event)));
    paper.addEventListener("pointerup", (event) => {
      if (start) {
        fill(start.box, place(event));
        start = null;
      }
    });
  }
})();

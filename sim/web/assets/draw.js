// Paper for a digit: pixels of ink, drawn with a brush as sim/web/images.py draws.

class Paper {
  constructor(canvas, form, drawn) {
    Object.assign(this, { canvas, form, drawn, pixels: new Int16Array(form.width * form.height), cursor: null, last: null });
    canvas.width = form.width;
    canvas.height = form.height;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = this.point(event);
      this.line(this.last, this.last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.last) return;
      const point = this.point(event);
      this.line(this.last, point);
      this.last = point;
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.last = null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.move(null));
    this.show();
  }

  point({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * this.form.width, ((clientY - box.top) / box.height) * this.form.height];
  }

  line(a, b) {
    const { width, height, ink, brush, edge } = this.form;
    const along = [b[0] - a[0], b[1] - a[1]];
    const length = along[0] ** 2 + along[1] ** 2;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x + 0.5 - a[0], y + 0.5 - a[1]];
        const part = length ? Math.max(0, Math.min(1, (dx * along[0] + dy * along[1]) / length)) : 0;
        const away = Math.hypot(dx - part * along[0], dy - part * along[1]) / height;
        const fade = Math.max(0, Math.min(1, (brush + edge - away) / edge));
        this.pixels[y * width + x] = Math.max(this.pixels[y * width + x], Math.round(ink * fade));
      }
    }
    this.changed();
  }

  key(event) {
    const { width, height } = this.form;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const [x, y] = this.cursor ?? [width >> 1, height >> 1];
    if (move) this.move([Math.max(0, Math.min(width - 1, x + move[0])), Math.max(0, Math.min(height - 1, y + move[1]))]);
    else if (event.key === " ") this.line([x + 0.5, y + 0.5], [x + 0.5, y + 0.5]);
    else return;
    event.preventDefault();
  }

  move(cursor) {
    this.cursor = cursor;
    this.show();
  }

  set(pixels) {
    this.pixels = Int16Array.from(pixels);
    this.changed();
  }

  changed() {
    this.show();
    this.drawn(this.pixels);
  }

  show() {
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(this.form.width, this.form.height);
    this.pixels.forEach((pixel, i) => {
      const grey = 255 - (pixel / this.form.ink) * 235;
      image.data.set([grey, grey, grey, 255], 4 * i);
    });
    if (this.cursor) image.data.set([11, 95, 165, 255], 4 * (this.cursor[1] * this.form.width + this.cursor[0]));
    context.putImageData(image, 0, 0);
  }
}


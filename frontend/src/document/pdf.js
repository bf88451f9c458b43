// PDF pages on canvases, drawn when they come near the window; the text lies invisibly above, to be marked and read aloud.
// Scripts of the document are never run; character maps, fonts and decoders come from our own address only.
import { GlobalWorkerOptions, TextLayer, getDocument } from "pdfjs-dist";

const base = new URL("./", import.meta.url).href;
const side = (folder) => `${base}${PDFJS_FOLDER}/${folder}/`;
GlobalWorkerOptions.workerSrc = `${base}${PDFJS_WORKER}`;

const MAX_PIXELS = 16_000_000;

/** Opens the PDF at `address` into the scrolling element `canvas`. */
export async function openPdf(address, canvas) {
  const task = getDocument({
    url: address, isEvalSupported: false, enableXfa: false, maxImageSize: 64_000_000,
    cMapUrl: side("cmaps"), cMapPacked: true, standardFontDataUrl: side("standard_fonts"), wasmUrl: side("wasm"), iccUrl: side("iccs"),
  });
  const pdf = await task.promise;
  const pages = await Promise.all(Array.from({ length: pdf.numPages }, async (_, index) => pageOf(pdf, index + 1, canvas)));
  const watcher = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) pages[target.dataset.number - 1].near(isIntersecting);
  }, { root: canvas, rootMargin: "400px" });
  pages.forEach(({ element }) => watcher.observe(element));
  return {
    pages: pdf.numPages,
    elements: pages.map(({ element }) => element),
    size: (rotation) => pages[0].size(rotation),
    draw: (view) => pages.forEach((page) => page.place(view)),
  };
}

/** One page: a placeholder of the right size that fills itself while it is near. */
async function pageOf(pdf, number, canvas) {
  const page = await pdf.getPage(number);
  const element = Object.assign(document.createElement("div"), { className: "document-page" });
  element.dataset.number = number;
  canvas.append(element);
  let view = { scale: 1, rotation: 0 };
  let isNear = false;
  let drawn;
  const viewport = ({ scale, rotation }) => page.getViewport({ scale, rotation: (page.rotate + rotation) % 360 });
  const refresh = () => {
    drawn?.cancel();
    drawn = isNear ? paint(page, element, viewport(view)) : undefined;
    if (!isNear) element.replaceChildren();
  };
  return {
    element,
    size: (rotation) => viewport({ scale: 1, rotation }),
    near(now) {
      if (now === isNear) return;
      isNear = now;
      refresh();
    },
    place(next) {
      view = next;
      const { width, height } = viewport(view);
      Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
      element.style.setProperty("--total-scale-factor", view.scale);
      refresh();
    },
  };
}

/** Draws one page; the answer cancels the work. A cancelled drawing leaves what stood there before. */
function paint(page, element, viewport) {
  const sharp = Math.min(devicePixelRatio || 1, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)));
  const surface = Object.assign(document.createElement("canvas"), { width: viewport.width * sharp, height: viewport.height * sharp });
  const work = page.render({ canvas: surface, viewport, transform: [sharp, 0, 0, sharp, 0, 0] });
  const words = Object.assign(document.createElement("div"), { className: "textLayer" });
  const layer = new TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport });
  work.promise.then(() => {
    element.replaceChildren(surface, words);
    return layer.render();
  }).catch((error) => { if (error.name !== "RenderingCancelledException" && error.name !== "AbortException") throw error; });
  return { cancel: () => { work.cancel(); layer.cancel(); } };
}

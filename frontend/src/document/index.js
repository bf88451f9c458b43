// One document on the screen: a PDF or an image, with page, zoom, rotate and fit. The page gives
//   <div class="document" data-document="address" data-type="application/pdf | image/png …" tabindex="0"> with buttons
//   [data-act=previous|next|zoom-in|zoom-out|fit-width|fit-page|rotate], an input [data-page], [data-pages], [data-zoom]
//   and the scrolling .document-canvas. Both kinds of sheet answer to {pages, size(page), draw(view), close()}.
import { openImage } from "./image.js";
import { openPdf } from "./pdf.js";
import { bindTools } from "./tools.js";

const KINDS = [[/^application\/pdf$/, openPdf], [/^image\/(png|jpeg|webp|gif)$/, openImage]];

/** Opens the document of `host`; throws when it cannot be read, and the host then says so with a download link. */
export async function mount(host) {
  const [, open] = KINDS.find(([type]) => type.test(host.dataset.type)) ?? [];
  const canvas = host.querySelector(".document-canvas");
  try {
    if (!open) throw new Error(`no viewer for ${host.dataset.type}`);
    const sheet = await open(host.dataset.document, canvas);
    bindTools(host, canvas, sheet);
    host.dataset.drawn = "";
  } catch (error) {
    host.querySelector("[data-unreadable]").hidden = false;
    console.warn(error);
  }
}

// A scanned page or photo, sized and turned with a CSS transform; the file itself is never redrawn.

/** Opens the image at `address` into the scrolling element `canvas`. */
export async function openImage(address, canvas) {
  const image = Object.assign(new Image(), { src: address, alt: canvas.getAttribute("aria-label") ?? "", draggable: false });
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const frame = Object.assign(document.createElement("div"), { className: "document-page" });
  frame.append(image);
  canvas.append(frame);
  const size = (rotation) => (rotation % 180 ? { width: height, height: width } : { width, height });
  return {
    pages: 1,
    elements: [frame],
    size,
    draw({ scale, rotation }) {
      const turned = size(rotation);
      Object.assign(frame.style, { width: `${turned.width * scale}px`, height: `${turned.height * scale}px` });
      Object.assign(image.style, { width: `${width * scale}px`, height: `${height * scale}px`, transform: `translate(-50%, -50%) rotate(${rotation}deg)` });
    },
  };
}

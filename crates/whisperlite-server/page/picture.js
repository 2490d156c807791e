// @ts-check
// A picture of what is looked for: from a file or dropped onto the page, made small in the browser, and sent with the request.

/** @import { Picture } from "./state.js" */

/** Longest side of what is sent, in pixels: more than any encoder reads. */
const MAX_SIDE = 640;

/** Reads a file as a picture. @param {File} file @returns {Promise<Picture>} */
export async function readPicture(file) {
  /** @type {ImageBitmap} */
  let drawn;
  try {
    drawn = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} is no picture that this browser reads: take a JPEG, PNG, WebP or GIF`);
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(drawn.width, drawn.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(drawn.width * scale));
  canvas.height = Math.max(1, Math.round(drawn.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no pictures");
  // What is transparent is white, as in the server.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  drawn.close();
  return { name: file.name, data: canvas.toDataURL("image/jpeg", 0.92) };
}

/**
 * Takes pictures that are dropped anywhere on the page, or pasted.
 * @param {HTMLElement} sign what is shown while one hangs over the page
 * @param {(file: File) => void} take
 */
export function takeDropped(sign, take) {
  /** @param {DragEvent} event */
  const hasFile = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  /** @param {FileList | undefined} files */
  const first = (files) => Array.from(files ?? []).find((file) => file.type.startsWith("image/")) ?? files?.[0];
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    sign.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) sign.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    sign.hidden = true;
    const file = first(event.dataTransfer?.files);
    if (file) take(file);
  });
  addEventListener("paste", (event) => {
    const file = first(event.clipboardData?.files);
    if (file) take(file);
  });
}

const context = document.createElement("canvas").getContext("2d");

/**
 * Shortens a text with "…" until it is at most `width` pixels wide. `font` is as in CSS, without the family, which is
 * the page's. With `end`, the end of the text stays.
 */
export function fit(text: string, width: number, font: string, end = false): string {
  if (context === null) {
    return text;
  }
  context.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  const characters = [...text];
  const shortened = (length: number) =>
    length === characters.length ? text : end ? `…${characters.slice(characters.length - length).join("")}` : `${characters.slice(0, length).join("")}…`;
  let [fits, tooLong] = [0, characters.length + 1];
  while (fits + 1 < tooLong) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (context.measureText(shortened(middle)).width <= width) {
      fits = middle;
    } else {
      tooLong = middle;
    }
  }
  return shortened(fits);
}

import type { ImageState, ImageStatus } from "../../../src/index.js";
import { plural } from "../text/format.js";
import { NodeLink } from "./node-link.js";
import { VirtualList } from "./virtual-list.js";

/** The states of images, the most urgent first, with their meaning. */
export const imageStates: readonly (readonly [ImageState, string, string])[] = [
  ["broken", "broken", "no container starts from it"],
  ["unknown", "of unknown state", "neither labels nor the content say what it needs"],
  ["not-unpacked", "not unpacked", "its layers are present, and a client unpacks them when needed"],
  ["whole", "whole", "containers can start"],
];

/** Whether containers can be started from each image, by state. */
export function Images({ images }: { images: readonly ImageStatus[] }) {
  if (images.length === 0) {
    return null;
  }
  return (
    <section class="card" aria-label="Images">
      <h2>
        Images <span class="count">{plural(images.length, "image")}</span>
      </h2>
      {imageStates.map(([state, title, meaning]) => (
        <StateList key={state} title={title} meaning={meaning} images={images.filter((image) => image.state === state)} open={state === "broken"} />
      ))}
      {images.some(({ fromLabels }) => fromLabels) && (
        <p class="hint">The states follow from labels, because the content was not at hand.</p>
      )}
    </section>
  );
}

function StateList({ title, meaning, images, open }: { title: string; meaning: string; images: readonly ImageStatus[]; open: boolean }) {
  if (images.length === 0) {
    return null;
  }
  return (
    <details open={open}>
      <summary>
        {plural(images.length, "image")} {title}: {meaning}
      </summary>
      <VirtualList
        items={images}
        rowHeight={52}
        rows={6}
        label={`Images ${title}`}
        row={(image) => (
          <div class="found">
            <NodeLink node={image.image} />
            <span class="detail" title={detailsOf(image)}>
              {detailsOf(image)}
            </span>
          </div>
        )}
      />
    </details>
  );
}

/** The platforms of an image, and the missing parts. */
function detailsOf({ platforms = [], names }: ImageStatus): string {
  const parts = platforms.map(({ platform, missing = [] }) => {
    const lacks = missing.map(({ part }) => part).join(", ");
    return `${platform ?? "unknown platform"}${lacks === "" ? "" : ` lacks ${lacks}`}`;
  });
  if (names.length > 1) {
    parts.push(plural(names.length, "name"));
  }
  return parts.join(" · ");
}

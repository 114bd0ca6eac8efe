import { useLayoutEffect, useRef } from 'react';
import type { ReadyLabel } from '../../../shared/labels/model.ts';
import { labelSvg } from '../../../shared/labels/svg.ts';

/** The label as it is printed: one unit of the picture is one dot of the printer. White in every theme, as paper is. */
export function LabelPicture({ label, name }: { label: ReadyLabel; name: string }) {
  const place = useRef<HTMLDivElement>(null);
  const source = labelSvg(label);
  useLayoutEffect(() => {
    const drawn = new DOMParser().parseFromString(source, 'image/svg+xml').documentElement;
    // The name stands on the frame; the picture's own texts would be read a second time.
    drawn.setAttribute('aria-hidden', 'true');
    place.current?.replaceChildren(document.adoptNode(drawn));
  }, [source]);
  return <div ref={place} className="lv-acc-label-picture" role="img" aria-label={name} />;
}

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PictureRow } from '../../shared/ipc/instruments.ts';
import { useOverlayKeys, useScreenKeys } from '../app/keys.ts';
import { useNow } from '../app/useNow.ts';
import { formatCount } from '../i18n/format.ts';
import { useFormat } from '../i18n/useFormat.ts';
import { Button } from './Button.tsx';
import { DialogFrame } from './DialogFrame.tsx';
import { useReturnFocus } from './useReturnFocus.ts';

/** What the window can draw; anything else is named, with its size. Never a vector document: it could hold more than a picture. */
const drawable = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/bmp', 'image/webp']);

/** The picture's own name, else its code. */
const titleOf = (picture: PictureRow): string => picture.title || picture.code;

/** Bytes of a base64 text. */
const sizeOf = (base64: string): number =>
  Math.floor((base64.length * 3) / 4) - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);

/** Pictures an analyser sent, small, in a row; Ctrl+I or a click shows one in its full size. Draws nothing when there are none. */
export function Pictures({ pictures }: { pictures: readonly PictureRow[] }) {
  const { t } = useTranslation('ui');
  const [open, setOpen] = useState<string | null>(null);
  const first = pictures[0];
  useScreenKeys(
    first === undefined
      ? []
      : [
          {
            key: 'Ctrl+I',
            label: t('pictures.show'),
            run: () => setOpen(first.id),
            strip: false,
            icon: 'why',
          },
        ],
  );
  if (first === undefined) return null;
  return (
    <>
      <ul className="lv-pictures">
        {pictures.map((picture) => (
          <li key={picture.id}>
            <button type="button" className="lv-picture" onClick={() => setOpen(picture.id)}>
              <Drawn picture={picture} />
              <span className="lv-caption lv-ellipsis">{titleOf(picture)}</span>
            </button>
          </li>
        ))}
      </ul>
      {open === null ? null : (
        <PictureDialog pictures={pictures} id={open} onMove={setOpen} onClose={() => setOpen(null)} />
      )}
    </>
  );
}

function Drawn({ picture }: { picture: PictureRow }) {
  const { t } = useTranslation('ui');
  if (!drawable.has(picture.contentType))
    return (
      <span className="lv-picture-none">
        {t('pictures.notDrawn', { type: picture.contentType, bytes: formatCount(sizeOf(picture.data)) })}
      </span>
    );
  return <img src={`data:${picture.contentType};base64,${picture.data}`} alt={titleOf(picture)} />;
}

function PictureDialog({
  pictures,
  id,
  onMove,
  onClose,
}: {
  pictures: readonly PictureRow[];
  id: string;
  onMove: (id: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation('ui');
  const { when } = useFormat();
  const now = useNow();
  useReturnFocus();
  const at = Math.max(
    0,
    pictures.findIndex((picture) => picture.id === id),
  );
  const picture = pictures[at];
  const step = (by: number): void => {
    const next = pictures[Math.max(0, Math.min(pictures.length - 1, at + by))];
    if (next !== undefined) onMove(next.id);
  };
  useOverlayKeys([
    { key: 'Escape', label: t('close'), run: onClose, primary: true },
    { key: 'ArrowLeft', label: t('pictures.before'), run: () => step(-1) },
    { key: 'ArrowRight', label: t('pictures.next'), run: () => step(1) },
  ]);
  if (picture === undefined) return null;
  return (
    <DialogFrame title={titleOf(picture)} width={760} top={80} onClose={onClose}>
      <div className="lv-picture-full">
        <Drawn picture={picture} />
      </div>
      <p className="lv-dialog-text">
        {t('pictures.from', {
          message: picture.messageId,
          when: when(picture.at, now),
          type: picture.contentType,
          bytes: formatCount(sizeOf(picture.data)),
        })}
        {pictures.length > 1 ? ` ${t('progress', { done: at + 1, total: pictures.length })}.` : ''}
      </p>
      <div className="lv-dialog-foot">
        {pictures.length > 1 ? (
          <>
            <Button keyName="ArrowLeft" onClick={() => step(-1)}>
              {t('pictures.before')}
            </Button>
            <Button keyName="ArrowRight" onClick={() => step(1)}>
              {t('pictures.next')}
            </Button>
          </>
        ) : null}
        <Button primary keyName="Escape" onClick={onClose} focusFirst>
          {t('close')}
        </Button>
      </div>
    </DialogFrame>
  );
}

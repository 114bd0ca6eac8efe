import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { Glyph } from './Glyph.tsx';
import { Keycap } from './Keycap.tsx';
import { undoLast, undoStore } from './undo.ts';

/** The ink bar over the foot of the window; mounted once by the shell. */
export function UndoBar() {
  const offered = useStore(undoStore, (state) => state.offered);
  if (offered === null) return null;
  return <UndoStrip key={offered.id} text={offered.text} onUndo={undoLast} />;
}

/** The bar itself: what was done, and the way back. */
export function UndoStrip({ text, onUndo }: { text: string; onUndo: () => void }) {
  const { t } = useTranslation('ui');
  return (
    <div className="lv-undo" role="status">
      <Glyph name="check" size={14} />
      <span className="lv-grow lv-ellipsis">{text}</span>
      <button type="button" className="lv-undo-button" onClick={() => onUndo()}>
        {t('undo')} <Keycap keyName="Ctrl+Z" />
      </button>
    </div>
  );
}

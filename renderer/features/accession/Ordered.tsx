import { useTranslation } from 'react-i18next';
import type { RequisitionRow } from '../../../shared/ipc/accession.ts';
import { Button } from '../../ui/Button.tsx';
import { Glyph } from '../../ui/Glyph.tsx';

/** What is ordered, one box per order; and the way to add to it. */
export function Ordered({ row, onAdd }: { row: RequisitionRow; onAdd: () => void }) {
  const { t } = useTranslation('accession');
  return (
    <div className="lv-section-bar lv-acc-ordered">
      <h2>{t('ordered.title')}</h2>
      <ul className="lv-acc-orders">
        {row.orders.map((order) => {
          const ended = order.status === 'revoked' || order.status === 'entered-in-error';
          return (
            <li
              key={order.id}
              className={`lv-acc-chip${ended ? ' lv-acc-chip-ended' : ''}`}
              title={order.testCodes.join(', ')}
            >
              <span className="lv-ellipsis">{order.display}</span>
              {ended ? <span className="lv-caption">{t('ordered.cancelled')}</span> : null}
              {order.status === 'completed' ? (
                <span className="lv-tone-ok">
                  <Glyph name="check" />
                </span>
              ) : null}
            </li>
          );
        })}
      </ul>
      <span className="lv-grow" />
      <Button size="bar" keyName="F2" onClick={onAdd}>
        {t('ordered.add')}
      </Button>
    </div>
  );
}

/** How the tubes on screen are handled, by cap; from the catalogue. */
export function Handling({ row }: { row: RequisitionRow }) {
  const { t } = useTranslation('accession');
  const seen = new Map<string, string>();
  for (const tube of row.tubes) if (tube.handling !== '') seen.set(tube.typeDisplay, tube.handling);
  if (seen.size === 0) return null;
  return (
    <div className="lv-acc-handling">
      <span className="lv-text-2">{t('tubes.handling')}</span>
      {[...seen].map(([type, handling]) => (
        <span key={type} className="lv-ellipsis" title={`${type}: ${handling}`}>
          <span className="lv-medium">{type}</span> <span className="lv-text-2">{handling}</span>
        </span>
      ))}
    </div>
  );
}

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { command, useLive } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { Choice } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { type Asked, sentWords } from './asked.ts';

/** Says which control lot a held measurement is of; nothing is chosen beforehand, so that Enter alone never decides. */
export function LotDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const lots = useLive('qc.lots', {}).rows.filter((lot) => lot.state !== 'ended');
  const [lotId, setLotId] = useState('');
  const [tried, setTried] = useState(false);
  return (
    <FormDialog
      title={t('ofLot.title')}
      text={t('ofLot.text', sentWords({ exception, line }, t))}
      confirm={t('ofLot.confirm')}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        if (lotId === '') return 'stay';
        const outcome = await command('exception.ofLot', { taskId: exception.id, lotId });
        if (!outcome.ok) return outcome.error;
        announce(outcome.value.posted > 0 ? t('ofLot.done') : t('match.stillHeld'));
        return undefined;
      }}
    >
      <Choice
        label={t('ofLot.lot')}
        width="100%"
        value={lotId}
        unchosen={t(lots.length === 0 ? 'ofLot.none' : 'ofLot.choose')}
        options={lots.map((lot) => ({ id: lot.id, label: `${lot.material} ${lot.level} · ${lot.lot}` }))}
        error={tried && lotId === '' ? t('ofLot.choose') : undefined}
        onChange={setLotId}
      />
    </FormDialog>
  );
}

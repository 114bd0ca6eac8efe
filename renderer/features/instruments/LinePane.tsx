import { IconSearch } from '@tabler/icons-react';
import { type RefObject, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow, TraceRow } from '../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useLive } from '../../data/hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Keycap } from '../../ui/Keycap.tsx';
import { Banner, EmptyState, SectionBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { lineKinds } from './rules.ts';
import { Trace } from './Trace.tsx';

/** The live trace of one line: pause, hex, find; and the banner of a line that could not be opened. */
export function LinePane({
  line,
  onOpenAgain,
  whyNot,
  find,
}: {
  line: LineRow;
  onOpenAgain: () => void;
  whyNot: string | undefined;
  find: RefObject<HTMLInputElement | null>;
}) {
  const { t } = useTranslation('instruments');
  const { rows, state } = useLive('instruments.trace', { instrumentId: line.id });
  const [frozen, setFrozen] = useState<readonly TraceRow[] | null>(null);
  const [hex, setHex] = useState(false);
  const [typed, setTyped] = useState('');
  const shown = useMemo(() => {
    const text = typed.trim().toLowerCase();
    const from = frozen ?? rows;
    return text === '' ? from : from.filter((row) => row.text.toLowerCase().includes(text));
  }, [frozen, rows, typed]);
  const lastFrozen = frozen?.at(-1)?.id;
  const newer =
    lastFrozen === undefined ? 0 : rows.length - 1 - rows.findLastIndex((row) => row.id === lastFrozen);
  const live = line.state !== 'off' && line.problem === null;
  const pause = (): void => setFrozen((before) => (before === null ? rows : null));
  useScreenKeys([
    {
      key: 'Space',
      label: t(frozen === null ? 'keys.pause' : 'keys.resume'),
      run: pause,
      detail: line.name,
      group: 0,
    },
    {
      key: 'H',
      label: t(hex ? 'keys.text' : 'keys.hex'),
      run: () => setHex(!hex),
      detail: line.name,
      group: 2,
    },
    { key: 'F3', label: t('keys.find'), run: () => find.current?.focus(), icon: 'find' },
  ]);
  return (
    <section className="ins-wire" aria-label={t('trace.title', { name: line.name })}>
      <SectionBar
        title={t('trace.title', { name: line.name })}
        right={
          <>
            <Field
              ref={find}
              label={t('trace.find')}
              labelAt="hidden"
              placeholder={t('trace.find')}
              width={158}
              value={typed}
              prefixIcon={<IconSearch size={14} stroke={1.6} aria-hidden="true" />}
              suffix={<Keycap keyName="F3" />}
              onChange={(event) => setTyped(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Escape' && event.key !== 'Enter') return;
                if (event.key === 'Escape') setTyped('');
                event.preventDefault();
                event.currentTarget.blur();
              }}
            />
            <Button size="bar" keyName="Space" onClick={pause}>
              {t(frozen === null ? 'keys.pause' : 'keys.resume')}
            </Button>
            <Button size="bar" keyName="H" onClick={() => setHex(!hex)}>
              {t(hex ? 'keys.text' : 'keys.hex')}
            </Button>
          </>
        }
      >
        {frozen === null ? (
          live ? (
            <State kind="receiving" word={t('trace.live')} strong />
          ) : (
            <State kind={lineKinds[line.state]} word={t(`lineState.${line.state}`)} strong />
          )
        ) : (
          <State
            kind="held"
            word={t('trace.paused')}
            reason={newer > 0 ? t('trace.newer', { count: newer }) : undefined}
          />
        )}
        {frozen === null && live ? <span className="lv-section-detail">{t('trace.promise')}</span> : null}
      </SectionBar>
      {line.problem === null ? null : (
        <Banner
          tone="crit"
          title={line.problem.what}
          action={
            <Button keyName="F5" onClick={onOpenAgain} disabledReason={whyNot}>
              {t('keys.openAgain')}
            </Button>
          }
        >
          {line.problem.safe} {line.problem.todo}
        </Banner>
      )}
      {shown.length === 0 && state !== 'loading' ? (
        typed.trim() !== '' ? (
          <EmptyState
            title={t('trace.noMatch', { text: typed.trim() })}
            next={t('trace.noMatchNext', { count: rows.length })}
          />
        ) : (
          <EmptyState
            title={t(line.state === 'off' ? 'trace.emptyOff' : 'trace.empty')}
            next={t(line.state === 'off' ? 'trace.emptyOffNext' : 'trace.emptyNext')}
          />
        )
      ) : (
        <Trace label={t('trace.label', { name: line.name })} rows={shown} hex={hex} />
      )}
    </section>
  );
}

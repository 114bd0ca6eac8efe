import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DecodeRow } from '../../../../shared/ipc/tools.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useLive } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { formatCount } from '../../../i18n/format.ts';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Choice } from '../../../ui/Field.tsx';
import { Banner, EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import { PreviewTable } from '../parts/PreviewTable.tsx';
import { useCalm, useLast } from '../parts/useLast.ts';
import { Piece } from './Piece.tsx';

type Wanted = 'auto' | 'astm' | 'hl7' | 'stream' | 'file';
const protocols: readonly Wanted[] = ['auto', 'astm', 'hl7', 'stream', 'file'];
const NO_PROFILE = '';
/** How long nothing is typed before it is decoded, ms. */
const CALM_MS = 200;

/** Bytes from anywhere, pasted: frames with their checksums, records with the names of their fields, and with a profile what they say. */
export function DecoderView({
  given,
}: {
  /** Bytes as hex to begin with, and the profile they came with; `at` grows with each. */
  given: { text: string; profileId: string; at: number };
}) {
  const { t } = useTranslation('decoder');
  const [pasted, setPasted] = useState(given.text);
  const [protocol, setProtocol] = useState<Wanted>('auto');
  const [profileId, setProfileId] = useState(given.profileId);
  const box = useRef<HTMLTextAreaElement>(null);
  const profiles = useLive('profile.list', {}).rows;
  useEffect(() => {
    if (given.at > 0 && given.text !== '') {
      setPasted(given.text);
      setProfileId(given.profileId);
    } else box.current?.focus();
  }, [given]);

  const calm = useCalm(pasted, CALM_MS);
  const asked = calm.trim() === '' ? null : { pasted: calm, protocol, ...(profileId ? { profileId } : {}) };
  const found = useLive('tools.decode', asked);
  const row = useLast(found.rows[0], asked === null ? 'none' : 'asked');
  useScreenKeys([
    { key: 'F2', label: t('keys.paste'), run: () => box.current?.focus(), primary: true },
    {
      key: 'F7',
      label: t('keys.clear'),
      run: () => {
        setPasted('');
        box.current?.focus();
      },
      disabledReason: pasted === '' ? t('nothing') : undefined,
    },
  ]);
  return (
    <div className="ins-lower ins-decoder">
      <section className="ins-paste" aria-label={t('input')}>
        <SectionBar title={t('input')} detail={row === undefined || asked === null ? t('inputHint') : null}>
          {row === undefined || asked === null ? null : (
            <State
              kind="received"
              word={t(`forms.${row.form}`)}
              detail={t('bytes', { count: row.bytes.length, shown: formatCount(row.bytes.length) })}
            />
          )}
        </SectionBar>
        <textarea
          ref={box}
          className="lv-textarea ins-paste-box"
          aria-label={t('pasteHere')}
          placeholder={t('placeholder')}
          value={pasted}
          spellCheck={false}
          onChange={(event) => setPasted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            event.currentTarget.blur();
          }}
        />
        <div className="ins-paste-foot">
          <Choice
            label={t('protocol')}
            width="100%"
            value={protocol}
            options={protocols.map((id) => ({ id, label: t(`protocols.${id}`) }))}
            onChange={setProtocol}
          />
          <Choice
            label={t('profile')}
            width="100%"
            value={profileId}
            options={[
              { id: NO_PROFILE, label: t('noProfile') },
              ...profiles.map(({ id, name }) => ({ id, label: name })),
            ]}
            onChange={setProfileId}
          />
        </div>
      </section>
      <section className="ins-decoded" aria-label={t('output')}>
        {found.state === 'failed' ? <ErrorBanner error={found.error} /> : null}
        {asked === null || row === undefined ? (
          <>
            <SectionBar title={t('output')} />
            <EmptyState title={t('empty')} next={t('emptyNext')} />
          </>
        ) : (
          <Decoded row={row} />
        )}
      </section>
    </div>
  );
}

function Decoded({ row }: { row: DecodeRow }) {
  const { t } = useTranslation('decoder');
  const sums = useMemo(() => {
    const frames = row.pieces.flatMap((piece) => (piece.frame === null ? [] : [piece.frame.checksum]));
    return {
      right: frames.filter((sum) => sum === 'right').length,
      wrong: frames.filter((sum) => sum === 'wrong').length,
    };
  }, [row]);
  return (
    <>
      <SectionBar title={t('output')} detail={t(`protocols.${row.protocol}`)}>
        {sums.right > 0 ? <State kind="passed" word={t('sumsRight', { count: sums.right })} /> : null}
        {sums.wrong > 0 ? <State kind="refused" word={t('sumsWrong', { count: sums.wrong })} /> : null}
      </SectionBar>
      {/* Read with the keys: the list itself scrolls. */}
      <div className="ins-detail-scroll">
        {row.problems.map((problem) => (
          <Banner key={problem} tone="abn" title={engineText('decode', problem)} />
        ))}
        {row.pieces.length === 0 ? <EmptyState title={t('noPieces')} next={t('noPiecesNext')} /> : null}
        <ol className="ins-pieces" aria-label={t('pieces')}>
          {row.pieces.map((piece) => (
            <Piece key={piece.id} piece={piece} />
          ))}
        </ol>
        {row.preview === null ? null : (
          <>
            <h3 className="ins-heading">{t('says')}</h3>
            <PreviewTable preview={row.preview} />
          </>
        )}
      </div>
    </>
  );
}

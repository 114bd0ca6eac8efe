import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import type { Outcome } from '../../../data/client.ts';
import { pdfMaker } from '../../../data/pdf.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { SectionBar } from '../../../ui/Layout.tsx';

/** What the self-test gives to each of its two views: which line, watching or playing, and who may print. */
export interface SelfTestParts {
  /** which line */
  choice: ReactNode;
  /** watching or playing */
  mode: ReactNode;
  mayPrint: boolean;
}

/** The head of the self-test, watched or played: the line, what is shown of it, the report on F9, and below it how it stands. */
export function SelfTestHead({
  parts,
  detail,
  nothing,
  makePdf,
  actions,
  error,
  banners,
  children,
}: {
  parts: SelfTestParts;
  detail: string;
  /** true while there is nothing to print */
  nothing: boolean;
  makePdf: () => Promise<Outcome<{ pdf: string }>>;
  /** right of the print button */
  actions: ReactNode;
  /** what failed in the view itself */
  error?: PlainError | undefined;
  banners?: ReactNode;
  /** beside the choice of watching or playing */
  children?: ReactNode;
}) {
  const { t } = useTranslation('selftest');
  const [unmade, setUnmade] = useState<PlainError>();
  const printWhy = !parts.mayPrint ? t('why.role') : nothing ? t('why.nothing') : undefined;
  const pdf = pdfMaker(setUnmade, () => announce(t('notShown')));
  const print = (): void => void pdf(makePdf);
  useScreenKeys([{ key: 'F9', label: t('keys.print'), run: print, icon: 'print', disabledReason: printWhy }]);
  return (
    <>
      <SectionBar
        title={t('title')}
        right={
          <>
            <Button size="bar" keyName="F9" onClick={print} disabledReason={printWhy}>
              {t('keys.print')}
            </Button>
            {actions}
          </>
        }
      >
        {parts.choice}
        <span className="lv-section-detail">{detail}</span>
      </SectionBar>
      <ErrorBanner error={error ?? unmade} />
      {banners}
      <div className="ins-tools">
        {parts.mode}
        {children}
      </div>
    </>
  );
}

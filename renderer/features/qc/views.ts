import type { FunctionComponent } from 'react';
import { EqaView } from './eqa/EqaView.tsx';
import { IndicatorsView } from './indicators/IndicatorsView.tsx';
import { LotsView } from './LotsView.tsx';
import { MonthView } from './month/MonthView.tsx';
import { PlanView } from './plan/PlanView.tsx';

/** Places of the QC screen beside today's list and its charts, in the order of the head. Each has its words in `views` of the texts. */
export const views: readonly { id: string; View: FunctionComponent<{ roles: readonly string[] }> }[] = [
  { id: 'lots', View: LotsView },
  { id: 'month', View: MonthView },
  { id: 'plan', View: PlanView },
  { id: 'eqa', View: EqaView },
  { id: 'indicators', View: IndicatorsView },
];

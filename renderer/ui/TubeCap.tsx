import { useTranslation } from 'react-i18next';

/** Cap colours with a token of their own. */
export const capColours = [
  'lightBlue',
  'gold',
  'green',
  'lavender',
  'grey',
  'red',
  'yellow',
  'pink',
  'white',
] as const;
export type CapColour = (typeof capColours)[number];

/** The token's name for a cap written in any usual way (`light blue`, `light-blue`, `Lavender`); undefined when unknown. */
export function capColour(cap: string | undefined): CapColour | undefined {
  const wanted = (cap ?? '')
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace('gray', 'grey')
    .replace('purple', 'lavender');
  return capColours.find((name) => name.toLowerCase() === wanted);
}

/** A tube with its cap in colour. The colour's name stands beside it (`named`) or is its accessible name and title. */
export function TubeCap({
  cap,
  named,
  size = 14,
}: {
  cap: string | undefined;
  named?: boolean;
  size?: number;
}) {
  const { t } = useTranslation('ui');
  const colour = capColour(cap);
  const name = colour === undefined ? (cap ?? '') || t('caps.none') : t(`caps.${colour}`);
  const token =
    colour === undefined ? 'transparent' : `var(--cap-${colour === 'lightBlue' ? 'light-blue' : colour})`;
  return (
    <span className="lv-tube" title={named ? undefined : name}>
      <svg
        width={(size * 10) / 18}
        height={size}
        viewBox="0 0 10 18"
        role={named ? 'presentation' : 'img'}
        aria-label={named ? undefined : name}
        aria-hidden={named ? true : undefined}
      >
        <path
          d="M1.6 5v9a3.4 3.4 0 0 0 6.8 0V5"
          fill="var(--surface)"
          stroke="var(--tube)"
          strokeWidth="1.1"
        />
        <path d="M2.4 9v5a2.6 2.6 0 0 0 5.2 0V9z" fill={token} opacity=".38" />
        <rect x=".5" y=".5" width="9" height="5" rx="1" fill={token} stroke="var(--tube)" strokeWidth=".8" />
      </svg>
      {named ? <span>{name}</span> : null}
    </span>
  );
}

/** The product's mark: a control chart's mean line, its limits, and a run that ends on the last point. `size` is its width in px. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={(size * 24) / 30} viewBox="0 0 30 24" aria-hidden="true">
      <path
        d="M0 2.5h30M0 21.5h30"
        stroke="var(--text-2)"
        strokeWidth="1.4"
        strokeDasharray="2 2.2"
        fill="none"
      />
      <path d="M0 12.5h30" stroke="var(--text)" strokeWidth="2.2" fill="none" />
      <path
        d="M1 15l6-6 6 5.5 5 .5 4-5 4.5-6"
        stroke="var(--accent)"
        strokeWidth="2.4"
        fill="none"
        strokeLinejoin="round"
      />
      <circle cx="26.6" cy="3.6" r="3" fill="var(--accent)" />
    </svg>
  );
}

/** Heights of the points in SD: a picture of a control chart, not data. */
const heights = [
  0, -1.05, -1.6, -0.65, 0.05, 0, 0.8, -0.3, -0.1, -0.1, 1.45, 0.15, 1, 1.1, 1.3, -0.2, 1.15, -1.05, 1.05,
  0.5, 0.4, 0.5, -0.75, 0.25, 0.85, -0.2, 0.9, 0.65, -0.1, 0.05, 0.05, -0.7, 1.7, -0.65, 1.3, -0.2, -0.05,
  0.6, -0.45, -0.1, 0.75, -1.35, 0, 0.4, -0.9, -0.4,
];

/** The Levey-Jennings line at the foot of the lock screen. Decorative. */
export function LockPicture() {
  const x = (at: number): number => at * 32.2 - 4;
  const y = (height: number): number => 90 - height * 30;
  return (
    <svg
      className="lv-lock-picture"
      viewBox="0 0 1440 180"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <g stroke="var(--line-strong)" fill="none">
        <path d="M0 .5h1440M0 179.5h1440" stroke="var(--line)" />
        <path d="M0 30h1440M0 150h1440" strokeDasharray="4 4" />
        <path d="M0 90h1440" strokeWidth="1.2" />
        <polyline points={heights.map((height, at) => `${x(at)},${y(height)}`).join(' ')} strokeWidth="1.2" />
        <g fill="var(--canvas)" strokeWidth="1.2">
          {heights.map((height, at) => (
            <circle key={x(at)} cx={x(at)} cy={y(height)} r="2.6" />
          ))}
        </g>
      </g>
    </svg>
  );
}

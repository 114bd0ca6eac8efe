/** SMART scopes: `system/Observation.read`, `system/*.write`, `system/*.*`, and version 2: `system/Observation.cruds`, `.rs`. */
const SCOPE = /^(?:system|user|patient)\/(\*|[A-Z]\w+)\.(\*|read|write|c?r?u?d?s?)$/;

/** The part of `asked` that `most` has; all of `most` when nothing was asked for; undefined when nothing is left. */
export function grantedScope(asked: string, most: string): string | undefined {
  const wanted = asked.split(/\s+/).filter((scope) => scope !== '');
  if (wanted.length === 0) return most;
  const allowed = most.split(/\s+/);
  const granted = wanted.flatMap((scope) => (isWithin(scope, allowed) ? scope : narrowed(scope, allowed)));
  return granted.length === 0 ? undefined : [...new Set(granted)].join(' ');
}

/** May a token with this scope do this? Batches, and transactions as such, are judged by their entries. */
export function scopeAllows(scope: string, method: string, type: string | undefined): boolean {
  if (type === undefined) return true;
  return scope.split(/\s+/).some((one) => {
    const [, types, actions = ''] = SCOPE.exec(one) ?? [];
    return (types === '*' || types === type) && actionsOf(actions).includes(letterOf(method));
  });
}

function isWithin(scope: string, allowed: string[]): boolean {
  const [, type, actions = ''] = SCOPE.exec(scope) ?? [];
  return allowed.some((one) => {
    const [, types, may = ''] = SCOPE.exec(one) ?? [];
    const letters = actionsOf(may);
    return type !== undefined && (types === '*' || types === type) && covers(letters, actionsOf(actions));
  });
}

/** What is allowed and within what was asked for: `system/*.*` asked, `system/*.read` allowed. */
function narrowed(scope: string, allowed: string[]): string[] {
  return allowed.filter((one) => isWithin(one, [scope]));
}

function covers(letters: string, wanted: string): boolean {
  return [...wanted].every((letter) => letters.includes(letter));
}

function actionsOf(actions: string): string {
  return { '*': 'cruds', read: 'rs', write: 'cud' }[actions] ?? actions;
}

function letterOf(method: string): string {
  return { POST: 'c', PUT: 'u', PATCH: 'u', DELETE: 'd' }[method] ?? 'r';
}

/** One line for the person at the terminal, on stderr so that stdout stays for data. */
export function say(text: string): void {
  process.stderr.write(`levey: ${text}\n`);
}

/** A reason to stop that a person can act on. `main` prints it without a stack. */
export class BuildError extends Error {
  constructor(what: string, todo: string) {
    super(`${what}\n       ${todo}`);
    this.name = 'BuildError';
  }
}

/** Runs a script's main function: a {@link BuildError} ends it with code 1 and its text, anything else with its stack. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (error instanceof BuildError) say(error.message);
    else console.error(error);
    process.exitCode = 1;
  }
}

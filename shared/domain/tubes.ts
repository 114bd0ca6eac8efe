import type { CatalogDoc } from '../documents/catalog.ts';
import type { OrderDoc } from '../documents/order.ts';
import type { SpecimenDoc } from '../documents/specimen.ts';

/** A tube to be drawn for a requisition. */
export interface PlannedTube {
  /** 1-based among the planned ones. */
  tubeIndex: number;
  tubeCount: number;
  typeCode: string;
  typeDisplay: string;
  container: string;
  cap: string;
  handling: string;
  /** Section of the laboratory the tube goes to; empty when tests name none. */
  section: string;
  /** In catalogue order, each once. */
  testCodes: string[];
  /** Names of the panels and single tests the tube is for, as ordered. */
  panels: string[];
  orderIds: string[];
}

export interface TubePlan {
  tubes: PlannedTube[];
  /** What could not be planned: codes the catalogue does not have, or tests whose specimen type it does not have. */
  problems: { orderId: string; code: string; text: string }[];
}

/** Order of draw by cap (CLSI GP41): citrate, serum, heparin, EDTA, fluoride. Used where the catalogue's numbers are equal. */
const capOrder = ['lightBlue', 'red', 'gold', 'green', 'lavender', 'grey'];

/**
 * Plans the tubes of one requisition: tests of its active orders grouped by specimen type, container and section, in the order of draw.
 * A test ordered twice is drawn once. Tests already on a drawn tube that was not rejected are left out.
 */
export function planTubes(
  orders: readonly Pick<OrderDoc, 'id' | 'status' | 'testCodes' | 'display' | 'catalogCode'>[],
  catalog: readonly CatalogDoc[],
  drawn: readonly Pick<SpecimenDoc, 'status' | 'testCodes'>[] = [],
): TubePlan {
  const tests = byCode(catalog, 'test');
  const types = byCode(catalog, 'specimenType');
  const done = new Set(drawn.filter((one) => one.status !== 'rejected').flatMap((one) => one.testCodes));
  const groups = new Map<
    string,
    { type: CatalogDoc; section: string; tests: Set<string>; orders: Map<string, string> }
  >();
  const problems: TubePlan['problems'] = [];
  for (const order of orders) {
    if (order.status !== 'active') continue;
    for (const code of order.testCodes) {
      if (done.has(code)) continue;
      const test = tests.get(code);
      if (test === undefined) {
        problems.push({ orderId: order.id, code, text: `The catalogue has no test ${code}.` });
        continue;
      }
      const type = types.get(test.specimenType);
      if (type === undefined) {
        problems.push({
          orderId: order.id,
          code,
          text: `The catalogue has no specimen type ${test.specimenType} for ${code}.`,
        });
        continue;
      }
      const key = JSON.stringify([type.code, type.container, test.section]);
      const group = groups.get(key) ?? { type, section: test.section, tests: new Set(), orders: new Map() };
      groups.set(key, group);
      group.tests.add(code);
      group.orders.set(order.id, order.display || order.catalogCode);
    }
  }
  const sorted = [...groups.values()].sort(
    (a, b) =>
      a.type.drawOrder - b.type.drawOrder ||
      capRank(a.type.cap) - capRank(b.type.cap) ||
      compare(a.type.code, b.type.code) ||
      compare(a.section, b.section),
  );
  const position = (code: string): number => tests.get(code)?.order ?? 0;
  const tubes = sorted.map(
    (group, i): PlannedTube => ({
      tubeIndex: i + 1,
      tubeCount: sorted.length,
      typeCode: group.type.code,
      typeDisplay: group.type.name,
      container: group.type.container,
      cap: group.type.cap,
      handling: group.type.handling,
      section: group.section,
      testCodes: [...group.tests].sort((a, b) => position(a) - position(b) || compare(a, b)),
      panels: [...new Set(group.orders.values())],
      orderIds: [...group.orders.keys()],
    }),
  );
  return { tubes, problems };
}

function byCode(catalog: readonly CatalogDoc[], kind: CatalogDoc['kind']): Map<string, CatalogDoc> {
  return new Map(catalog.filter((one) => one.kind === kind).map((one) => [one.code, one]));
}

function capRank(cap: string): number {
  const rank = capOrder.indexOf(cap);
  return rank < 0 ? capOrder.length : rank;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The tests an ordered code stands for now: a panel's members that are in use, or the test itself. Null when the catalogue does not have it
 * or it is not in use.
 */
export function testsOf(code: string, catalog: readonly CatalogDoc[]): string[] | null {
  const tests = byCode(catalog, 'test');
  const panel = byCode(catalog, 'panel').get(code);
  if (panel !== undefined)
    return panel.active ? panel.members.filter((one) => tests.get(one)?.active === true) : null;
  return tests.get(code)?.active === true ? [code] : null;
}

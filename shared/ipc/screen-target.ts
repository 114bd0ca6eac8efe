/** Where a record is shown in the window: a place of the rail, and what it is asked to show there. */
export interface ScreenTarget {
  screen: 'accession' | 'results' | 'signout' | 'qc' | 'tasks';
  /** accession number, requisition or id, as the place takes it */
  target: string;
}

/** Names of fields, as LIS02-A2 (R3-R8) and HL7 v2.5.1 count them. Field 1 of an ASTM record is its type. */

const astm: Record<string, string> = {
  H: 'Record type|Delimiters|Message control id|Access password|Sender|Sender address|Reserved|Sender telephone|Characteristics of sender|Receiver|Comment|Processing id|Version|Date and time',
  P: 'Record type|Sequence|Practice patient id|Laboratory patient id|Patient id 3|Name|Mother’s maiden name|Birth date|Sex|Race|Address|Reserved|Telephone|Physician|Special field 1|Special field 2|Height|Weight|Diagnosis|Medications|Diet|Practice field 1|Practice field 2|Admission and discharge|Admission status|Location|Diagnostic code nature|Diagnostic code|Religion|Marital status|Isolation status|Language|Hospital service|Hospital institution|Dosage category',
  O: 'Record type|Sequence|Specimen id|Instrument specimen id|Test id|Priority|Ordered|Collected|Collection end|Collection volume|Collector|Action code|Danger code|Clinical information|Received|Specimen type|Ordering physician|Physician’s telephone|User field 1|User field 2|Laboratory field 1|Laboratory field 2|Reported or modified|Instrument charge|Instrument section|Report type|Reserved|Location of collection|Nosocomial infection|Specimen service|Specimen institution',
  R: 'Record type|Sequence|Test id|Value|Unit|Reference range|Flags|Nature of abnormality testing|Status|Date of change of normals|Operator|Started|Completed|Instrument',
  C: 'Record type|Sequence|Source|Text|Type',
  Q: 'Record type|Sequence|Start of range|End of range|Test id|Nature of time limits|From|To|Physician|Physician’s telephone|User field 1|User field 2|Status',
  L: 'Record type|Sequence|Termination code',
  M: 'Record type|Sequence',
  S: 'Record type|Sequence|Analytical method|Instrumentation|Reagents|Units of measure|Quality control|Specimen descriptor|Reserved|Container|Specimen id|Analyte|Result|Units|Collection date and time|Result date and time|Preprocessing steps|Patient diagnosis|Birth date|Sex|Race',
};

const hl7: Record<string, string> = {
  MSH: 'Field separator|Encoding characters|Sending application|Sending facility|Receiving application|Receiving facility|Date and time|Security|Message type|Control id|Processing id|Version|Sequence number|Continuation pointer|Accept acknowledgement|Application acknowledgement|Country|Character set|Language|Alternate character set scheme|Profile',
  MSA: 'Acknowledgement code|Control id|Text|Expected sequence number|Delayed acknowledgement|Error condition',
  ERR: 'Code and location|Location|HL7 error code|Severity|Application error code|Parameter|Diagnostic|User message',
  PID: 'Set id|Patient id|Identifiers|Alternate id|Name|Mother’s maiden name|Birth date|Sex|Alias|Race|Address|County|Home telephone|Work telephone|Language|Marital status|Religion|Account number',
  PV1: 'Set id|Class|Location|Admission type|Preadmit number|Prior location|Attending doctor|Referring doctor|Consulting doctor|Hospital service',
  ORC: 'Order control|Placer order|Filler order|Placer group|Order status|Response flag|Quantity and timing|Parent|Transaction time|Entered by|Verified by|Ordering provider',
  OBR: 'Set id|Placer order|Filler order|Service|Priority|Requested|Observed|Observed end|Collection volume|Collector|Action code|Danger code|Clinical information|Specimen received|Specimen source|Ordering provider|Callback telephone|Placer field 1|Placer field 2|Filler field 1|Filler field 2|Reported|Charge|Section|Status|Parent result|Quantity and timing|Copies to|Parent|Transportation|Reason',
  OBX: 'Set id|Value type|Observation|Sub-id|Value|Unit|Reference range|Flags|Probability|Nature of abnormality test|Status|Date of range|User access checks|Observed|Producer|Operator|Method|Equipment|Analysed|Reserved|Reserved|Reserved|Performing organisation',
  NTE: 'Set id|Source|Text|Type',
  SPM: 'Set id|Specimen id|Parent ids|Type|Type modifier|Additives|Collection method|Source site|Site modifier|Collection site|Role|Volume|Grouped count|Description|Handling|Risk|Collected|Received|Expires|Available|Reject reason|Quality|Appropriateness|Condition|Current quantity|Number of containers|Container type',
  SAC: 'External accession|Accession|Container|Primary container|Equipment container|Specimen source|Registered|Status|Carrier type|Carrier|Position in carrier|Tray type|Tray|Position in tray|Location',
  QPD: 'Query name|Query tag|Specimen id',
  RCP: 'Priority|Quantity limited|Response modality',
  QAK: 'Query tag|Response status|Query name|Hit count',
  QRD: 'Date and time|Format|Priority|Query id|Deferred response type|Deferred response time|Quantity limited|Who|What|Department|Data code value|Results level',
  QRF: 'Where|When start|When end|What user|Other subject|Which date|Which status|Date selection',
  DSP: 'Set id|Display level|Data line|Logical break|Result id',
  DSC: 'Continuation pointer|Style',
  TQ1: 'Set id|Quantity|Repeat pattern|Explicit time|Relative time|Service duration|Start|End|Priority',
  TCD: 'Test|Auto-dilution|Rerun dilution|Pre-dilution|Endogenous content|Automatic repeat|Reflex allowed|Analyte repeat status',
  INV: 'Substance|Status|Type|Inventory container|Container carrier|Position|Initial quantity|Current quantity|Available quantity|Consumption|On board|Expires|First used|On-board stability|Test|Manufacturer lot|Manufacturer|Supplier',
  EQU: 'Equipment|Event time|State|Local or remote|Alert level',
  FHS: 'Field separator|Encoding characters|Sending application|Sending facility|Receiving application|Receiving facility|Date and time',
  BHS: 'Field separator|Encoding characters|Sending application|Sending facility|Receiving application|Receiving facility|Date and time',
  BTS: 'Message count|Comment|Totals',
  FTS: 'Batch count|Comment',
};

const split = (table: Record<string, string>) =>
  new Map(Object.entries(table).map(([type, names]) => [type, names.split('|')]));
const astmNames = split(astm);
const hl7Names = split(hl7);

/** Name of field `number` (1 = the type) of an ASTM record; empty when the standard gives none. */
export function astmFieldName(type: string, number: number): string {
  return astmNames.get(type.toUpperCase())?.[number - 1] ?? '';
}

/** Name of field `number` of an HL7 segment; empty when it is not a common one. */
export function hl7FieldName(segment: string, number: number): string {
  return hl7Names.get(segment)?.[number - 1] ?? '';
}

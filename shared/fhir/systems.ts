/** Identifier, code and extension systems used in the resources this station writes. */
export const SYSTEM = {
  /** Our own document id: every resource with an `identifier` carries it. */
  id: 'urn:levey:id',
  /** Tag naming the station that wrote a resource. */
  station: 'urn:levey:station',
  /** Tag for the kind of an Observation that is not a patient's (code `QC`). */
  kind: 'urn:levey:kind',
  accession: 'urn:levey:accession',
  requisition: 'urn:levey:requisition',
  sourceKey: 'urn:levey:source-key',
  /** Codes of the catalogue: tests, panels. */
  catalog: 'urn:levey:catalog',
  specimenType: 'urn:levey:specimen-type',
  person: 'urn:levey:person',
  profile: 'urn:levey:profile',
  taskKind: 'urn:levey:task-kind',
  taskReason: 'urn:levey:task-reason',
  taskField: 'urn:levey:task-field',
  loinc: 'http://loinc.org',
  ucum: 'http://unitsofmeasure.org',
  category: 'http://terminology.hl7.org/CodeSystem/observation-category',
  serviceSection: 'http://terminology.hl7.org/CodeSystem/v2-0074',
  interpretation: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
  dataAbsent: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  identifierType: 'http://terminology.hl7.org/CodeSystem/v2-0203',
  rejectReason: 'http://terminology.hl7.org/CodeSystem/v2-0490',
  usageContext: 'http://terminology.hl7.org/CodeSystem/usage-context-type',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  signatureType: 'urn:iso-astm:E1762-95:2013',
  participation: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
} as const;

/** Prefix of our extensions. */
export const EXTENSION = 'https://levey.dev/fhir/StructureDefinition/';
/** Prefix of the canonical addresses of catalogue definitions. */
export const CANONICAL = 'https://levey.dev/fhir/';
/** HL7's extension that tells how a name is written: `ABC` alphabetic, `IDE` ideographic, `SYL` syllabic. */
export const NAME_REPRESENTATION = 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation';

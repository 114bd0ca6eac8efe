import abbottAfinion2 from './data/abbott-afinion2.json' with { type: 'json' };
import abbottArchitect from './data/abbott-architect.json' with { type: 'json' };
import arkraySpotchemEl from './data/arkray-spotchem-el.json' with { type: 'json' };
import beckmanAccess2 from './data/beckman-access2.json' with { type: 'json' };
import beckmanAu480 from './data/beckman-au480.json' with { type: 'json' };
import biomerieuxMiniVidas from './data/biomerieux-mini-vidas.json' with { type: 'json' };
import bioradD10 from './data/biorad-d10.json' with { type: 'json' };
import cepheidGenexpert from './data/cepheid-genexpert.json' with { type: 'json' };
import chemistry from './data/demo-chemistry.json' with { type: 'json' };
import coagulation from './data/demo-coagulation.json' with { type: 'json' };
import haematology from './data/demo-haematology.json' with { type: 'json' };
import generic from './data/generic-astm.json' with { type: 'json' };
import genericCsv from './data/generic-csv.json' with { type: 'json' };
import genericHl7 from './data/generic-hl7.json' with { type: 'json' };
import genericLaw from './data/generic-law.json' with { type: 'json' };
import horibaPentraXlr from './data/horiba-pentra-xlr.json' with { type: 'json' };
import horibaYumizenH500 from './data/horiba-yumizen-h500.json' with { type: 'json' };
import mindrayBc5380 from './data/mindray-bc-5380.json' with { type: 'json' };
import mindrayBs480 from './data/mindray-bs-480.json' with { type: 'json' };
import orthoVision from './data/ortho-vision.json' with { type: 'json' };
import rocheCobasC111 from './data/roche-cobas-c111.json' with { type: 'json' };
import rocheCobasC311 from './data/roche-cobas-c311.json' with { type: 'json' };
import rocheCobasE411 from './data/roche-cobas-e411.json' with { type: 'json' };
import rocheCobasPro from './data/roche-cobas-pro.json' with { type: 'json' };
import siemensAtellica from './data/siemens-atellica.json' with { type: 'json' };
import siemensDcaVantage from './data/siemens-dca-vantage.json' with { type: 'json' };
import stagoStart4 from './data/stago-start4.json' with { type: 'json' };
import sysmexXn from './data/sysmex-xn.json' with { type: 'json' };
import sysmexXp from './data/sysmex-xp.json' with { type: 'json' };
import { type Profile, parseProfile } from './profile.ts';

/** The profiles that come with Levey, checked when first loaded. */
export const BUILTIN_PROFILES: readonly Profile[] = [
  chemistry,
  haematology,
  coagulation,
  generic,
  rocheCobasPro,
  rocheCobasC111,
  rocheCobasC311,
  rocheCobasE411,
  sysmexXn,
  sysmexXp,
  mindrayBc5380,
  mindrayBs480,
  abbottArchitect,
  abbottAfinion2,
  beckmanAccess2,
  siemensDcaVantage,
  siemensAtellica,
  cepheidGenexpert,
  horibaPentraXlr,
  horibaYumizenH500,
  bioradD10,
  orthoVision,
  arkraySpotchemEl,
  beckmanAu480,
  biomerieuxMiniVidas,
  stagoStart4,
  genericCsv,
  genericHl7,
  genericLaw,
].map(parseProfile);

/** A built-in profile by id, or undefined. */
export function builtinProfile(id: string): Profile | undefined {
  return BUILTIN_PROFILES.find((profile) => profile.id === id);
}

/** Coprocessor 0: the numbers of its registers, and the names of their bits (docs/reference/mips-uhi.md 3.3, 3.7, 4). */

/** register number * 8 + select */
export const at = (register: number, select = 0): number => register * 8 + select;

export const CP0 = {
  index: at(0),
  mvpControl: at(0, 1),
  mvpConf0: at(0, 2),
  /** Release 6; the multithreading ASE has another register there. */
  vpControl: at(0, 4),
  random: at(1),
  vpeControl: at(1, 1),
  vpeConf0: at(1, 2),
  vpeConf1: at(1, 3),
  yqMask: at(1, 4),
  entryLo0: at(2),
  tcStatus: at(2, 1),
  tcBind: at(2, 2),
  tcRestart: at(2, 3),
  tcHalt: at(2, 4),
  tcContext: at(2, 5),
  tcSchedule: at(2, 6),
  entryLo1: at(3),
  globalNumber: at(3, 1),
  context: at(4),
  userLocal: at(4, 2),
  pageMask: at(5),
  pageGrain: at(5, 1),
  segCtl0: at(5, 2),
  segCtl1: at(5, 3),
  segCtl2: at(5, 4),
  pwBase: at(5, 5),
  pwField: at(5, 6),
  pwSize: at(5, 7),
  wired: at(6),
  srsConf0: at(6, 1),
  pwCtl: at(6, 6),
  hwrena: at(7),
  badVAddr: at(8),
  badInstr: at(8, 1),
  badInstrP: at(8, 2),
  count: at(9),
  entryHi: at(10),
  compare: at(11),
  status: at(12),
  intCtl: at(12, 1),
  srsCtl: at(12, 2),
  srsMap: at(12, 3),
  viewIpl: at(12, 4),
  cause: at(13),
  viewRipl: at(13, 4),
  epc: at(14),
  prid: at(15),
  ebase: at(15, 1),
  cmgcrBase: at(15, 3),
  config: at(16),
  config3: at(16, 3),
  config4: at(16, 4),
  config5: at(16, 5),
  llAddr: at(17),
  maar: at(17, 1),
  maarIndex: at(17, 2),
  watchLo: at(18),
  watchHi: at(19),
  xContext: at(20),
  debug: at(23),
  depc: at(24),
  errCtl: at(26),
  tagLo: at(28),
  tagHi: at(29),
  errorEpc: at(30),
  desave: at(31),
} as const;

export const STATUS = {
  IE: 1,
  EXL: 2,
  ERL: 4,
  KSU: 3 << 3,
  /** The values of KSU in supervisor and user mode. */
  SUPERVISOR: 1 << 3,
  USER: 2 << 3,
  /** Addresses of 64 bits in user, supervisor, kernel mode. */
  UX: 1 << 5,
  SX: 1 << 6,
  KX: 1 << 7,
  IM: 0xff00,
  /** Of the MCU ASE: for two more interrupts. */
  IM8: 1 << 16,
  IM9: 1 << 18,
  NMI: 1 << 19,
  SR: 1 << 20,
  TS: 1 << 21,
  BEV: 1 << 22,
  MX: 1 << 24,
  FR: 1 << 26,
  CU0: 1 << 28,
  CU1: 1 << 29,
} as const;

export const CAUSE = {
  BD: 0x80000000 | 0,
  TI: 1 << 30,
  CE_SHIFT: 28,
  DC: 1 << 27,
  IV: 1 << 23,
  WP: 1 << 22,
  IP: 0xff00,
  /** IP1, IP0. */
  SOFTWARE_IP: 0x0300,
  /** IP7…IP2, which devices drive. */
  HARDWARE_IP: 0xfc00,
  EXC: 0x7c,
  EXC_SHIFT: 2,
} as const;

export const PAGE_GRAIN = { RIE: 0x80000000 | 0, XIE: 1 << 30, ELPA: 1 << 29, IEC: 1 << 27 } as const;

export const ENTRY_HI = { EHINV: 1 << 10 } as const;

export const INT_CTL = { VS: 0x3e0, IPTI_SHIFT: 29 } as const;

export const EBASE = { WG: 1 << 11, CPU: 0x3ff } as const;

export const CONFIG1 = { WR: 1 << 3 } as const;

export const CONFIG3 = {
  MT: 1 << 2,
  LPA: 1 << 7,
  RXI: 1 << 12,
  ULRI: 1 << 13,
  ISA_ON_EXC: 1 << 16,
  MCU: 1 << 17,
  PW: 1 << 24,
  SC: 1 << 25,
  BI: 1 << 26,
  BP: 1 << 27,
  CMGCR: 1 << 29,
} as const;

export const CONFIG5 = {
  UFR: 1 << 2,
  MRP: 1 << 3,
  LLB: 1 << 4,
  MVH: 1 << 5,
  SBRI: 1 << 6,
  VP: 1 << 7,
  FRE: 1 << 8,
  UFE: 1 << 9,
  XNP: 1 << 13,
  MSAEN: 1 << 27,
} as const;

export const SRS_CTL = {
  CSS: 0xf,
  PSS: 0xf << 6,
  PSS_SHIFT: 6,
  ESS_SHIFT: 12,
  HSS_SHIFT: 26,
} as const;

export const DEBUG = {
  DBD: 0x80000000 | 0,
  DM: 1 << 30,
  COUNT_DM: 1 << 25,
  /** DExcCode, bits 14:10. */
  EXC_SHIFT: 10,
  EXC: 0x1f << 10,
  DBP: 1 << 1,
  CAUSES: 0x3f,
} as const;

/** The registers of the multithreading ASE that repeat those of one thread context, and its own bits. */
export const TC_STATUS = { A: 1 << 13, IXMT: 1 << 10, DA: 1 << 15, DT: 1 << 20 } as const;

export const TC_HALT = { H: 1 } as const;

import type { DumpFormat } from '../platform.js';
import type { DumpSegment } from '../resources.js';

/** Memory that a device owns at fixed addresses. Regions that lie inside an earlier one, by `dma`, are parts of it. */
export interface MemoryRegion {
  readonly name: string;
  /** Device address: the remote processor's. */
  readonly da: number;
  /** DMA address: Linux's. */
  readonly dma: number;
  /** Bytes. */
  readonly size: number;
}

/** When Linux learns of the memory: three ways in which drivers do it. */
export const MEMORY_USES = ['parse-firmware', 'translate', 'prepare'] as const;
export type MemoryUse = (typeof MEMORY_USES)[number];

export const VENDOR_RESOURCES = ['unknown', 'handled', 'ignored', 'error'] as const;
export type VendorResources = (typeof VENDOR_RESOURCES)[number];

/** A resource table that a processor has in its memory before Linux attaches to it. */
export interface LoadedTable {
  /** Device address of the table. */
  readonly da: number;
  readonly traces: readonly { readonly name: string; readonly da: number; readonly size: number }[];
}

/** One platform device of the generic driver: a remote processor that is memory and nothing else. */
export interface GenericOptions {
  /** Of the platform device. */
  readonly device: string;
  readonly driver: string;
  /** Of the remote processor. */
  readonly processor: string;
  readonly firmware?: string;
  readonly regions: readonly MemoryRegion[];
  /**
   * parse-firmware: carveouts, registered when an image is parsed. prepare: carveouts, registered before that, which a
   * boot that fails early leaves behind. translate: no carveouts; device addresses are translated by the driver.
   */
  readonly memoryUse: MemoryUse;
  /** Whether an image without a resource table is refused; only where the driver parses images (parse-firmware). */
  readonly needsTable: boolean;
  readonly autoBoot: boolean;
  readonly readOnly: boolean;
  /** It runs when it is found, and has the operations attach and detach. */
  readonly detached: boolean;
  readonly attachOnRecovery: boolean;
  readonly loadedTable?: LoadedTable;
  readonly dumpSegments: readonly DumpSegment[];
  readonly dump?: DumpFormat;
  /** Operations that the driver lacks. */
  readonly lacks: { readonly stop: boolean; readonly kick: boolean };
  /** A remote side answers on its first vdev. */
  readonly loopback: boolean;
  readonly vendorResources: VendorResources;
}

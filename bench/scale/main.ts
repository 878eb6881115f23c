import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { scaleTable } from './table.ts';

process.stdout.write(`${scaleTable(mulberry32(1))}\n`);

#!/usr/bin/env node
/** Where `selvedge` starts. All that it loads from here on is compiled once, and read as compiled at the next start. */

import { enableCompileCache } from 'node:module';

// Of the unit's CacheDirectory=.
const cache = process.env['CACHE_DIRECTORY'];
if (cache !== undefined) enableCompileCache(cache);
const { runProgram } = await import('./program.ts');
await runProgram();

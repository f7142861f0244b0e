/** Brings the fabric up and leaves it: what `lab/main.ts up` runs when no script is named. */

import { bringUpFabric } from './topology.ts';
import { guestSeconds } from './uptime.ts';

await bringUpFabric((step) => process.stdout.write(`[${guestSeconds()} s] ${step}\n`));

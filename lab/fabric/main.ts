/** Brings the fabric up and leaves it: what `lab/main.ts up` runs when no script is named. */

import { bringUpFabric } from './topology.ts';
import { say } from './say.ts';

await bringUpFabric(say);

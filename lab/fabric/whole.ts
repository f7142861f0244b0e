/** Whether a run shows all there is to show, as `make test-matrix` does, or what every run must: `LAB_WHOLE=1`. */
export const isWhole = process.env['LAB_WHOLE'] === '1';

/** Why a scenario is left out of a run that must be short: what it shows is held by other tests as well. */
export const leftOut = isWhole ? undefined : 'make test-matrix shows it';

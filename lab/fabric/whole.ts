/** Whether a run shows all there is to show, as `make test-matrix` does, or what every run must: `LAB_WHOLE=1`. */
export const isWhole = process.env['LAB_WHOLE'] === '1';

import { prepareScene } from '/work/main/test/e2e/scenes/prepare.ts';
const t=Date.now();
const s = await prepareScene({requisitions:24, received:10, measured:6, released:4, signed:2, labelled:3, history:300});
console.log(Date.now()-t, s.requisitions.slice(0,5), s.printer.labels.length);
await s.stop();
process.exit(0)

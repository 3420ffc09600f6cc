/** Loudness of a microphone, 0 to 1, ten times a second; and whether a camera's picture is black. */

export function watchLevel(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state === "suspended") void context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    tell(levelOf(samples));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** −60 dB and below is 0, full scale is 1. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibel = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(Math.max((decibel + 60) / 60, 0), 1);
}

export function isBlack(video: HTMLVideoElement): boolean {
  if (!video.videoWidth) return false;
  const canvas = document.createElement("canvas");
  canvas.width = 16;
  canvas.height = 9;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return false;
  context.drawImage(video, 0, 0, 16, 9);
  const pixels = context.getImageData(0, 0, 16, 9).data;
  let brightest = 0;
  for (let n = 0; n < pixels.length; n += 4) brightest = Math.max(brightest, pixels[n]!, pixels[n + 1]!, pixels[n + 2]!);
  return brightest < 24;
}

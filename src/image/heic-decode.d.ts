declare module 'heic-decode' {
  type Picture = {
    width: number;
    height: number;
    /** RGBA, 8 bits each, upright. */
    decode(): Promise<{ width: number; height: number; data: Uint8ClampedArray }>;
  };
  const decode: {
    all(options: { buffer: Uint8Array }): Promise<Picture[] & { dispose(): void }>;
  };
  export default decode;
}

/* The two convolutions of LeNet, each with its 2x2 max pooling and ReLU, and their gradients; float32.

   A block of images at a time, side by side in the lanes of vectors: whatever the batch, an image's sums are in one
   order, and what a block needs stays in the cache. Built and called by `compiled.py`. Arrays are dense, in the order
   that their comments give. */

#include <stdint.h>
#include <string.h>

/* Tiles are as large as the registers hold: of 32 vectors with AVX-512 and on ARM, of 16 with AVX2. */
#if defined __AVX512F__
enum { LANES = 16, POOLED_1 = 6, POOLED_2 = 4, WEIGHTS_1 = 3, WEIGHTS_2 = 4, INPUTS = 3, ACROSS = 7 };
#elif defined __AVX2__ && defined __FMA__
enum { LANES = 8, POOLED_1 = 3, POOLED_2 = 2, WEIGHTS_1 = 2, WEIGHTS_2 = 2, INPUTS = 6, ACROSS = 2 };
#elif defined __aarch64__
enum { LANES = 4, POOLED_1 = 6, POOLED_2 = 4, WEIGHTS_1 = 3, WEIGHTS_2 = 4, INPUTS = 3, ACROSS = 7 };
#else
#error "neither AVX-512 nor AVX2 nor ARM: torch's own kernels are the faster ones"
#endif
typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t ivec __attribute__((vector_size(LANES * sizeof(float))));

enum { K = 5, C1 = 6, C2 = 16, X = 32, A1 = 14, Z2 = 10, A2 = 5, PAD = K - 1, ROW = Z2 + 2 * PAD };

int lanes(void) { return LANES; }

#define INLINE static inline __attribute__((always_inline))
#define ALL _Pragma("GCC unroll 32") for

INLINE vec pick(ivec mask, vec a, vec b) { return (vec)((mask & (ivec)a) | (~mask & (ivec)b)); }

/* TILE channels of the pooled pixel at (y, x): its value after ReLU, and which of the four positions it came from (4:
   none of them is above zero). */
INLINE void pooled(int n_in, int size, int tile, const vec *restrict x, const float *restrict w,
                   const float *restrict b, vec *restrict out, ivec *restrict from, int stride) {
    vec sum[4][8];
    ALL (int c = 0; c < tile; c++)
        ALL (int p = 0; p < 4; p++) sum[p][c] = (vec){0} + b[c];
    for (int i = 0; i < n_in; i++)
        for (int ky = 0; ky < K; ky++)
            ALL (int kx = 0; kx < K; kx++) {
                const vec *at = x + (i * size + ky) * size + kx;
                vec v[4] = {at[0], at[1], at[size], at[size + 1]};
                ALL (int c = 0; c < tile; c++) {
                    vec weight = (vec){0} + w[((c * n_in + i) * K + ky) * K + kx];
                    ALL (int p = 0; p < 4; p++) sum[p][c] += weight * v[p];
                }
            }
    ALL (int c = 0; c < tile; c++) {
        vec best = sum[0][c];
        ivec which = {0};
        ALL (int p = 1; p < 4; p++) {
            ivec more = (sum[p][c] > best) | (sum[p][c] != sum[p][c]);
            best = pick(more, sum[p][c], best);
            which = (more & p) | (~more & which);
        }
        ivec alive = ~(best <= 0);
        out[c * stride] = (vec)(alive & (ivec)best);
        from[c * stride] = (alive & which) | (~alive & 4);
    }
}

INLINE void first(const vec *x, const float *w, const float *b, vec *a, ivec *from) {
    for (int c = 0; c < C1; c += POOLED_1)
        for (int y = 0; y < A1; y++)
            for (int z = 0; z < A1; z++) {
                int at = (c * A1 + y) * A1 + z;
                pooled(1, X, POOLED_1, x + 2 * y * X + 2 * z, w + c * K * K, b + c, a + at, from + at, A1 * A1);
            }
}

INLINE void second(const vec *x, const float *w, const float *b, vec *a, ivec *from) {
    for (int c = 0; c < C2; c += POOLED_2)
        for (int y = 0; y < A2; y++)
            for (int z = 0; z < A2; z++) {
                int at = (c * A2 + y) * A2 + z;
                pooled(C1, A1, POOLED_2, x + 2 * y * A1 + 2 * z, w + c * C1 * K * K, b + c, a + at, from + at, A2 * A2);
            }
}

/* From image-major to lanes, for n of them (the others are zero), and back. */
INLINE void to_lanes(const float *restrict from, vec *restrict to, int n, int size) {
    if (n < LANES) memset(to, 0, size * sizeof(vec));
    for (int j = 0; j < n; j++)
        for (int i = 0; i < size; i++) ((float *)to)[i * LANES + j] = from[j * size + i];
}

INLINE void from_lanes(const vec *restrict from, float *restrict to, int n, int size) {
    for (int j = 0; j < n; j++)
        for (int i = 0; i < size; i++) to[j * size + i] = ((const float *)from)[i * LANES + j];
}

struct block {
    vec a1[C1 * A1 * A1];
    ivec from1[C1 * A1 * A1];
    ivec from2[C2 * A2 * A2];
};
long block_bytes(void) { return sizeof(struct block); }

/* images (n, 32, 32) -> out (n, 400); `kept`, one block for each LANES images, is what the gradient needs, or NULL. */
void forward(int n, const float *images, const float *w1, const float *b1, const float *w2, const float *b2,
             float *out, struct block *kept) {
    static _Thread_local vec x[X * X], a2[C2 * A2 * A2];
    static _Thread_local struct block scratch;
    for (int i = 0; i < n; i += LANES) {
        int here = n - i < LANES ? n - i : LANES;
        struct block *b = kept ? kept + i / LANES : &scratch;
        to_lanes(images + i * X * X, x, here, X * X);
        first(x, w1, b1, b->a1, b->from1);
        second(b->a1, w2, b2, a2, b->from2);
        from_lanes(a2, out + i * C2 * A2 * A2, here, C2 * A2 * A2);
    }
}

/* sum of dz (channels, size, row) times x (n_in, ...) shifted by (ky, kx), added to dw (channels, n_in, K, K) */
INLINE void weights(int tile, int n_in, int size, int row, int in_size, const vec *restrict dz, const vec *restrict x,
                    vec *restrict dw) {
    for (int i = 0; i < n_in; i++)
        for (int ky = 0; ky < K; ky++) {
            vec sum[8][K];
            ALL (int c = 0; c < tile; c++)
                ALL (int kx = 0; kx < K; kx++) sum[c][kx] = dw[((c * n_in + i) * K + ky) * K + kx];
            for (int y = 0; y < size; y++)
                for (int z = 0; z < size; z++) {
                    const vec *at = x + (i * in_size + y + ky) * in_size + z;
                    vec v[K];
                    ALL (int kx = 0; kx < K; kx++) v[kx] = at[kx];
                    ALL (int c = 0; c < tile; c++) {
                        vec d = dz[(c * size + y) * row + z];
                        ALL (int kx = 0; kx < K; kx++) sum[c][kx] += d * v[kx];
                    }
                }
            ALL (int c = 0; c < tile; c++)
                ALL (int kx = 0; kx < K; kx++) dw[((c * n_in + i) * K + ky) * K + kx] = sum[c][kx];
        }
}

/* The gradient of the pooled pixels, put to where they came from; db gains its sum. */
INLINE void unpooled(int channels, int half, int row, const vec *restrict da, const ivec *restrict from,
                     vec *restrict dz, vec *restrict db) {
    for (int c = 0; c < channels; c++) {
        vec sum = db[c];
        for (int y = 0; y < half; y++)
            for (int z = 0; z < half; z++) {
                int at = (c * half + y) * half + z;
                vec d = da[at];
                ivec p = from[at];
                vec *to = dz + (c * 2 * half + 2 * y) * row + 2 * z;
                to[0] = (vec)((p == 0) & (ivec)d);
                to[1] = (vec)((p == 1) & (ivec)d);
                to[row] = (vec)((p == 2) & (ivec)d);
                to[row + 1] = (vec)((p == 3) & (ivec)d);
                sum += (vec)((p < 4) & (ivec)d);
            }
        db[c] = sum;
    }
}

/* Gradient of the second convolution's input: rows of dz have PAD zeros on either side. */
INLINE void input(const vec *restrict dz, const float *restrict w, vec *restrict da) {
    enum { T = INPUTS, P = ACROSS };
    for (int i = 0; i < C1; i += T)
        for (int y = 0; y < A1; y++)
            for (int z = 0; z < A1; z += P) {
                vec sum[T][P];
                ALL (int c = 0; c < T; c++)
                    ALL (int p = 0; p < P; p++) sum[c][p] = (vec){0};
                int low = y - Z2 + 1 > 0 ? y - Z2 + 1 : 0, high = y < K - 1 ? y : K - 1;
                for (int o = 0; o < C2; o++)
                    for (int ky = low; ky <= high; ky++) {
                        const vec *at = dz + (o * Z2 + y - ky) * ROW + z + PAD;
                        ALL (int kx = 0; kx < K; kx++) {
                            vec v[P];
                            ALL (int p = 0; p < P; p++) v[p] = at[p - kx];
                            ALL (int c = 0; c < T; c++) {
                                vec weight = (vec){0} + w[((o * C1 + i + c) * K + ky) * K + kx];
                                ALL (int p = 0; p < P; p++) sum[c][p] += weight * v[p];
                            }
                        }
                    }
                ALL (int c = 0; c < T; c++)
                    ALL (int p = 0; p < P; p++) da[((i + c) * A1 + y) * A1 + z + p] = sum[c][p];
            }
}

INLINE void lanes_summed(const vec *from, float *to, int n) {
    for (int i = 0; i < n; i++) {
        float sum = 0;
        for (int j = 0; j < LANES; j++) sum += from[i][j];
        to[i] = sum;
    }
}

/* Gradients of the weights and biases from that of the output, (n, 400). */
void backward(int n, const float *images, const float *w2, const struct block *kept, const float *d_out, float *dw1,
              float *db1, float *dw2, float *db2) {
    static _Thread_local vec x[X * X], da2[C2 * A2 * A2], dz2[C2 * Z2 * ROW], da1[C1 * A1 * A1], dz1[C1 * 4 * A1 * A1];
    vec sw1[C1 * K * K] = {0}, sb1[C1] = {0}, sb2[C2] = {0};
    static _Thread_local vec sw2[C2 * C1 * K * K];
    memset(sw2, 0, sizeof sw2);
    for (int i = 0; i < n; i += LANES) {
        int here = n - i < LANES ? n - i : LANES;
        const struct block *b = kept + i / LANES;
        to_lanes(d_out + i * C2 * A2 * A2, da2, here, C2 * A2 * A2);
        unpooled(C2, A2, ROW, da2, b->from2, dz2 + PAD, sb2);
        for (int c = 0; c < C2; c += WEIGHTS_2)
            weights(WEIGHTS_2, C1, Z2, ROW, A1, dz2 + PAD + c * Z2 * ROW, b->a1, sw2 + c * C1 * K * K);
        input(dz2, w2, da1);
        unpooled(C1, A1, 2 * A1, da1, b->from1, dz1, sb1);
        to_lanes(images + i * X * X, x, here, X * X);
        for (int c = 0; c < C1; c += WEIGHTS_1)
            weights(WEIGHTS_1, 1, 2 * A1, 2 * A1, X, dz1 + c * 4 * A1 * A1, x, sw1 + c * K * K);
    }
    lanes_summed(sw1, dw1, C1 * K * K);
    lanes_summed(sb1, db1, C1);
    lanes_summed(sw2, dw2, C2 * C1 * K * K);
    lanes_summed(sb2, db2, C2);
}

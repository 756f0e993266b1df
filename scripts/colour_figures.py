"""Figures of albumentations 0.4.6 on OpenCV 4.5.5 that internal/pixel's colour tests compare with:

    python scripts/colour_figures.py > internal/pixel/testdata/colour.json

Pictures are formulas, results CRC-32s of their packed RGB bytes. OpenCV must run its AVX2 code.
"""
import json
import zlib

import albumentations
import albumentations.augmentations.functional as functional
import cv2
import numpy as np


def picture(width, height, seed):
    """Byte i is the top of a hash of i and the seed; odd seeds use a narrow range of values."""
    h = (np.arange(3 * width * height, dtype=np.uint64) + np.uint64(seed << 32)) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ h >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    bytes_ = h >> np.uint64(56) if seed % 2 == 0 else np.uint64(90) + (h >> np.uint64(59))
    return bytes_.astype(np.uint8).reshape(height, width, 3)


def crc(image):
    return zlib.crc32(np.ascontiguousarray(image).tobytes())


def cube(width):
    """All 2^24 triples in ascending order, as rows of one width (zeros fill the last)."""
    n = 1 << 24
    i = np.arange(n, dtype=np.uint32)
    triples = np.zeros((-(-n // width) * width, 3), np.uint8)
    for c in range(3):
        triples[:n, c] = i >> (16 - 8 * c)
    return triples.reshape(-1, width, 3)


def cubes():
    """What becomes of every triple. HSV rows of 16 pixels are rounded, rows of 4096 truncated."""
    def result(code, width=4096, most=255):
        triples = cube(width)
        triples[..., 0] = np.minimum(triples[..., 0], most)
        return crc(cv2.cvtColor(triples, code).reshape(-1, 3)[:1 << 24])
    return {
        "lab": result(cv2.COLOR_RGB2LAB),
        "lab_back": result(cv2.COLOR_LAB2RGB),
        "hsv": result(cv2.COLOR_RGB2HSV),
        "hsv_back": result(cv2.COLOR_HSV2RGB, 4096, 179),
        "hsv_back_tail": result(cv2.COLOR_HSV2RGB, 16, 179),
    }


def cube_shifts():
    """Every triple as RGB, shifted, in rows that are truncated and rows that are rounded."""
    for shift in [(0.0, 0.0, 0.0), (3.7, -11.2, 8.9), (-7.3, 17.5, -9.9), (91.0, 255.0, 0.0), (-45.5, -60.0, 120.0)]:
        for width in 4096, 16:
            yield dict(width=width, shift=shift, crc=crc(functional._shift_hsv_uint8(cube(width), *shift)))


def clahe_cases():
    sizes = [(1, 1), (1, 50), (50, 1), (3, 5), (7, 9), (8, 8), (16, 30), (64, 64), (65, 64), (100, 37), (131, 203), (192, 192), (250, 96), (331, 90)]
    for i, (width, height) in enumerate(sizes):
        for seed, clip, grid in [(2 * i, 1 + 3 * i / 14, 8), (2 * i + 1, 3.5, 8), (2 * i, 0, 3), (2 * i + 1, 40, 1 + i)]:
            result = functional.clahe(picture(width, height, seed), clip, (grid, grid))
            yield dict(width=width, height=height, seed=seed, clip=clip, grid=grid, crc=crc(result))


def hsv_cases():
    sizes = [(1, 1), (1, 9), (31, 5), (32, 5), (33, 5), (40, 40), (63, 3), (64, 3), (97, 20), (128, 30), (200, 11)]
    shifts = [(0, 0, 0), (10, 20, 10), (-10, -20, -10), (3.7, -11.2, 8.9), (-1e-9, 0.5, -0.5), (-1e-17, -1e-17, 1e-17), (400.5, 300, -300), (-179.5, -0.01, 0.99)]
    for i, (width, height) in enumerate(sizes):
        for seed, shift in enumerate(shifts, 10 * i):
            result = functional._shift_hsv_uint8(picture(width, height, seed), *map(float, shift))
            yield dict(width=width, height=height, seed=seed, shift=shift, crc=crc(result))


print(json.dumps({
    "source": f"albumentations {albumentations.__version__}, OpenCV {cv2.__version__}, numpy {np.__version__}: scripts/colour_figures.py",
    "cubes": cubes(),
    "cubes_shifted": list(cube_shifts()),
    "clahe": list(clahe_cases()),
    "hsv": list(hsv_cases()),
}).replace('{"width"', '\n{"width"').replace(' "cubes', '\n"cubes'))

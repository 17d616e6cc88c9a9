#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the demo shop's pictures into pictures/: one per product, category and merchant of 0001_catalogue.sql.

The files are committed; run this again after the catalogue or a drawing changed. Same input, same bytes.
A colour is one letter: A accent, M middle and D dark of the category, W white, L light, G grey, Y yellow, R red,
B brown, K black.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "pictures")
FONT = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif"
FIXED = {"W": "#fff", "L": "#f4f6fa", "G": "#aeb6c4", "Y": "#ffc94d", "R": "#e0523f", "B": "#8a5a3a", "K": "#2b2f3a"}

# Of each top category: gradient from, to; accent, middle, dark.
PALETTES = {
    1: ("#eef2ff", "#c3d3ff", "#3f5fd0", "#86a0f0", "#26356f"),
    2: ("#fff6ea", "#ffdcb2", "#d9822b", "#f2b672", "#6b4218"),
    3: ("#f4faea", "#d0ecac", "#5c9a2c", "#9acb63", "#33551a"),
    4: ("#fff0f5", "#ffc9da", "#d64d7f", "#f191b2", "#702444"),
    5: ("#e9faf7", "#b0e8df", "#1e9b8a", "#62c9bb", "#12534b"),
    6: ("#fff3ec", "#ffc7b0", "#e2552d", "#f68e6b", "#742811"),
}


def rect(x, y, w, h, r, fill):
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{fill}"/>'


def disc(x, y, r, fill):
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}"/>'


def oval(x, y, rx, ry, fill):
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}"/>'


def area(d, fill):
    return f'<path d="{d}" fill="{fill}"/>'


def line(d, colour, width=10):
    return (f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" '
            'stroke-linecap="round" stroke-linejoin="round"/>')


def turn(degrees, *parts):
    return f'<g transform="rotate({degrees} 200 185)">' + "".join(parts) + "</g>"


def text(x, y, size, s, fill):
    return (f'<text x="{x}" y="{y}" font-size="{size}" font-weight="700" text-anchor="middle" '
            f'font-family="{FONT}" fill="{fill}">{s}</text>')


def bottle(body, cap, tag):
    return [rect(172, 82, 56, 40, 8, cap), rect(148, 114, 104, 174, 24, body), rect(148, 176, 104, 62, 0, tag),
            rect(162, 132, 10, 130, 5, "W")]


def pouch(body, tag):
    return [area("M136 100h128l12 182q-76 14-152 0z", body), rect(136, 92, 128, 22, 5, tag), disc(200, 200, 42, "W")]


def tin(body, tag):
    return [rect(140, 122, 120, 164, 14, body), oval(200, 122, 60, 17, tag), rect(140, 172, 120, 70, 0, "W")]


def ticket(mark, sub):
    return [turn(-6, area("M84 126h232v38a22 22 0 0 0 0 44v38H84v-38a22 22 0 0 0 0-44z", "A"),
                 line("M250 138v96", "W", 4), text(166, 200, 50, mark, "W"), text(166, 230, 20, sub, "W"),
                 disc(284, 186, 20, "Y"))]


def box(body, ribbon):
    return [rect(120, 140, 160, 144, 10, body), rect(110, 118, 180, 42, 8, ribbon), rect(188, 118, 24, 166, 0, "W"),
            line("M200 116c-46-52-76 2 0 0c76 2 46-52 0 0", ribbon, 12)]


LEAF = "M200 96c46 34 46 76 0 110c-46-34-46-76 0-110z"

MOTIFS = {
    "tissue": [area("M156 142c10-60 34-8 46-52c16 42 38-6 44 52z", "W"), rect(104, 138, 192, 144, 20, "A"),
               rect(104, 196, 192, 86, 20, "M"), oval(200, 144, 62, 12, "D"), disc(200, 226, 24, "W")],
    "buds": [rect(116, 176, 168, 110, 46, "W"), line("M118 222h164", "G", 4), disc(200, 246, 6, "A"),
             disc(164, 122, 26, "A"), rect(150, 122, 16, 62, 8, "A"), disc(236, 122, 26, "A"),
             rect(234, 122, 16, 62, 8, "A"), disc(158, 118, 9, "D"), disc(242, 118, 9, "D")],
    "clock": [disc(148, 106, 32, "A"), disc(252, 106, 32, "A"), line("M146 274l-18 20M254 274l18 20", "D", 14),
              disc(200, 194, 92, "M"), disc(200, 194, 74, "W"), line("M200 146v48l32 22", "D", 10)],
    "charger": [line("M166 96v34M234 96v34", "G", 16), rect(120, 124, 160, 162, 30, "W"), rect(120, 124, 160, 44, 22, "A"),
                rect(150, 196, 36, 14, 7, "D"), rect(214, 196, 36, 14, 7, "D"), rect(176, 238, 48, 20, 4, "D")],
    "powerbank": [turn(8, rect(138, 86, 124, 204, 26, "A"), disc(200, 164, 44, "W"), disc(200, 164, 32, "A"),
                       area("M206 138l-24 32h16l-6 24l26-34h-18z", "Y"), rect(178, 262, 44, 8, 4, "W"))],
    "cable": [line("M118 120c160-40 180 60 80 70s-90 100 90 84", "A", 14), rect(92, 104, 44, 32, 8, "W"),
              rect(70, 110, 24, 20, 4, "G"), rect(276, 258, 44, 32, 8, "W"), rect(318, 264, 20, 20, 4, "G")],
    "stand": [rect(150, 84, 104, 160, 14, "D"), rect(160, 96, 84, 136, 6, "M"), line("M202 226l-44 58M202 226l44 58", "G", 14),
              rect(122, 272, 156, 18, 9, "A")],
    "speaker": [rect(112, 118, 176, 158, 44, "A"), disc(200, 202, 54, "D"), disc(200, 202, 36, "M"), disc(200, 202, 14, "W"),
                line("M160 118c0-40 80-40 80 0", "D", 10)],
    "mic": [rect(164, 84, 72, 124, 36, "A"), line("M176 116h48M176 140h48M176 164h48", "W", 5),
            line("M140 172c0 84 120 84 120 0M200 236v40M150 284h100", "D", 12)],
    "projector": [area("M252 168l76-54v116z", "Y"), rect(98, 134, 168, 130, 28, "W"), disc(232, 188, 32, "D"),
                  disc(232, 188, 18, "M"), line("M124 168h50M124 190h50M124 212h50", "G", 8),
                  rect(128, 262, 22, 22, 6, "D"), rect(214, 262, 22, 22, 6, "D")],
    "kettle": [line("M256 150c56 0 50 90-6 92", "D", 14), area("M134 120h124l18 158h-160z", "W"),
               area("M128 180h140l8 98h-160z", "Y"), rect(150, 98, 92, 24, 10, "D"), rect(108, 276, 176, 16, 8, "A"),
               line("M134 128l-24 12", "W", 14)],
    "fryer": [rect(118, 96, 164, 192, 44, "W"), rect(118, 176, 164, 112, 36, "M"), rect(140, 190, 120, 62, 14, "D"),
              rect(178, 262, 44, 18, 9, "W"), disc(200, 134, 22, "A"), line("M200 134v-14", "W", 5)],
    "steamer": [area("M96 176h176q34 0 34 44v12H110q-26-28-14-56z", "W"), rect(98, 232, 210, 20, 8, "A"),
                line("M140 176q0-54 50-54h70", "M", 22), line("M84 122q14 14 0 28M108 100q14 14 0 28", "W", 7)],
    "humidifier": [rect(140, 164, 120, 122, 36, "W"), oval(200, 168, 40, 10, "M"), disc(200, 252, 10, "A"),
                   line("M180 146q-18-26 6-44M206 140q24-24 2-58M228 148q22-18 12-42", "W", 8)],
    "toothbrush": [turn(24, rect(182, 148, 36, 150, 18, "A"), rect(191, 84, 18, 70, 8, "W"), rect(204, 66, 24, 44, 6, "M"),
                        rect(186, 66, 20, 48, 8, "W"), disc(200, 184, 8, "W"), rect(190, 226, 20, 6, 3, "W"))],
    "flask": [rect(164, 78, 72, 46, 14, "D"), rect(150, 112, 100, 178, 30, "A"), rect(150, 216, 100, 26, 0, "M"),
              rect(166, 130, 12, 120, 6, "W")],
    "wok": [area("M84 184h192c0 110-192 110-192 0z", "D"), oval(180, 184, 96, 22, "G"), oval(180, 186, 82, 15, "K"),
            line("M272 186l58-24", "B", 18), line("M150 142q-10-20 6-34M190 138q-10-20 6-34", "W", 7)],
    "bowls": [oval(200, 278, 112, 16, "W"), area("M104 196h192c0 106-192 106-192 0z", "W"), oval(200, 196, 96, 20, "L"),
              line("M116 230q84 34 168 0", "A", 8), oval(200, 196, 74, 13, "M"), line("M248 182l60-88M232 180l54-92", "B", 7)],
    "lunchbox": [rect(96, 190, 208, 94, 18, "W"), rect(88, 170, 224, 32, 12, "A"), rect(126, 120, 148, 56, 12, "M"),
                 rect(118, 104, 164, 24, 10, "A"), rect(112, 212, 60, 50, 8, "M"), rect(184, 212, 104, 50, 8, "Y")],
    "board": [turn(-12, rect(130, 92, 140, 200, 24, "M"), disc(200, 122, 14, "W"),
                   line("M160 160v112M200 160v112M240 160v112", "A", 4)), line("M256 116l56 120", "G", 12)],
    "scissors": [line("M152 90l74 128M248 90l-74 128", "G", 16), line("M226 214c40-6 48 62 12 66s-44-40-12-66z", "A", 15),
                 line("M174 214c-40-6-48 62-12 66s44-40 12-66z", "A", 15), disc(200, 172, 9, "D")],
    "bedding": [rect(92, 150, 216, 132, 18, "M"), rect(108, 122, 84, 54, 18, "W"), rect(208, 122, 84, 54, 18, "W"),
                area("M92 196q108 34 216 0v68q0 18-18 18H110q-18 0-18-18z", "A"), line("M120 232q80 26 160 0", "W", 5)],
    "pillow": [area("M96 158q50-38 104 0q54-38 104 0q22 90-14 112q-90-18-180 0q-36-22-14-112z", "W"),
               line("M128 190q72 34 144 0", "M", 7), line("M128 224q72 24 144 0", "M", 5)],
    "quilt": [rect(100, 118, 200, 164, 30, "W"), line("M150 118v164M200 118v164M250 118v164M100 172h200M100 228h200", "M", 5),
              area("M100 148q0-30 30-30h140q30 0 30 30v22H100z", "A")],
    "organizer": [rect(96, 196, 96, 88, 12, "M"), rect(200, 168, 104, 116, 12, "A"), rect(120, 118, 90, 70, 10, "W"),
                  rect(222, 112, 12, 60, 6, "R"), rect(246, 98, 12, 74, 6, "Y"), line("M116 238h56M224 226h56", "W", 7)],
    "storage": [rect(98, 146, 204, 138, 14, "M"), rect(90, 122, 220, 40, 12, "A"), rect(166, 194, 68, 30, 10, "W"),
                line("M126 250h148", "W", 5)],
    "candle": [rect(134, 166, 132, 120, 20, "W"), oval(200, 168, 66, 16, "Y"), line("M200 164v-20", "K", 5),
               area("M200 88c26 30 20 58 0 58s-26-28 0-58z", "R"), rect(160, 206, 80, 48, 8, "M"), disc(200, 230, 12, "A")],
    "beans": pouch("B", "K") + [turn(20, oval(200, 196, 18, 26, "B"), line("M200 174q-10 22 0 44", "W", 4))],
    "coffee": [line("M264 170c52-8 48 72-8 70", "W", 14), area("M118 150h154l-16 126q-61 16-122 0z", "W"),
               oval(195, 150, 77, 18, "B"), line("M172 116q-14-18 4-36M212 116q-14-18 4-36", "W", 8)],
    "tea": tin("R", "Y") + [text(200, 220, 40, "茶", "R")],
    "greentea": tin("A", "D") + [area("M200 180c22 16 22 40 0 56c-22-16-22-40 0-56z", "A")],
    "teabag": [line("M200 150q60-80 76-20", "G", 4), rect(262, 122, 40, 34, 5, "Y"), area("M200 128l76 134q-76 30-152 0z", "W"),
               area("M166 208h68l32 52q-66 24-132 0z", "M"), disc(186, 240, 8, "Y"), disc(216, 246, 8, "W")],
    "milk": [area("M144 142l30-46h52l30 46v144h-112z", "W"), area("M144 142l30-46h52l30 46z", "A"),
             rect(144, 190, 112, 60, 0, "Y"), text(200, 232, 36, "燕麦", "D")],
    "nuts": [area("M110 190h180c0 124-180 124-180 0z", "A"), oval(200, 190, 90, 24, "D"), disc(160, 180, 22, "B"),
             disc(204, 170, 26, "Y"), disc(244, 182, 20, "B"), disc(182, 192, 18, "R"), disc(224, 194, 17, "Y"),
             line("M204 148v40", "B", 4)],
    "yolkcake": [oval(152, 246, 62, 44, "Y"), oval(248, 246, 62, 44, "Y"), oval(200, 186, 66, 48, "Y"),
                 disc(200, 160, 5, "K"), disc(214, 166, 5, "K"), disc(188, 168, 5, "K"), disc(142, 226, 5, "K"),
                 disc(158, 222, 5, "K"), area("M200 290h110q-2-54-62-44z", "B"), disc(252, 266, 14, "R")],
    "jerky": [turn(-14, rect(106, 128, 140, 150, 12, "R"), line("M124 160h104M124 192h104M124 224h104", "Y", 5)),
              turn(12, rect(172, 130, 120, 140, 12, "B"), line("M190 164h84M190 200h84", "Y", 5))],
    "strawberry": [area("M200 290c-90-50-104-130-62-150c30-14 50 6 62 14c12-8 32-28 62-14c42 20 28 100-62 150z", "R"),
                   area("M200 160l-56-30l38-6l18-36l18 36l38 6z", "A"), disc(172, 196, 6, "Y"), disc(228, 196, 6, "Y"),
                   disc(200, 222, 6, "Y"), disc(172, 240, 6, "Y"), disc(226, 242, 6, "Y")],
    "seaweed": [turn(-10, rect(120, 108, 130, 170, 10, "D"), rect(134, 124, 102, 138, 6, "A"),
                     disc(160, 160, 6, "Y"), disc(206, 184, 6, "Y"), disc(170, 226, 6, "Y"), disc(212, 238, 6, "Y")),
                turn(16, rect(190, 126, 96, 140, 10, "D"), disc(226, 170, 6, "Y"), disc(250, 220, 6, "Y"))],
    "chocolate": [turn(-8, rect(120, 92, 160, 196, 14, "B"), line("M173 92v196M227 92v196M120 141h160M120 190h160", "K", 5),
                       area("M120 206l40 14l40-14l40 14l40-14v68q0 14-14 14H134q-14 0-14-14z", "Y"))],
    "rice": [area("M140 116q60-20 120 0q46 90 26 164q-86 18-172 0q-20-74 26-164z", "W"), line("M140 116q60 18 120 0", "A", 10),
             disc(200, 206, 48, "A"), text(200, 224, 50, "米", "W")],
    "oil": [rect(184, 78, 32, 34, 6, "D"), area("M180 108h40v34q34 16 34 46v100H146V188q0-30 34-46z", "A"),
            rect(146, 200, 108, 58, 0, "W"), oval(190, 230, 12, 18, "A"), oval(216, 226, 12, 18, "M")],
    "honey": [rect(132, 132, 136, 154, 30, "Y"), rect(124, 104, 152, 36, 10, "B"), rect(150, 176, 100, 70, 10, "W"),
              area("M200 186l24 13v24l-24 13l-24-13v-24z", "Y")],
    "crab": [line("M130 220l-40 26M134 246l-30 34M270 220l40 26M266 246l30 34", "R", 12), oval(200, 216, 86, 60, "R"),
             line("M140 172l-30-40M260 172l30-40", "R", 16), disc(106, 120, 26, "R"), disc(294, 120, 26, "R"),
             disc(176, 160, 10, "W"), disc(224, 160, 10, "W"), disc(176, 160, 5, "K"), disc(224, 160, 5, "K"),
             line("M168 226q32 24 64 0", "W", 6)],
    "orange": [disc(150, 220, 66, "#f7931e"), disc(254, 226, 60, "#ffa93a"), disc(254, 226, 46, "#ffe3b0"),
               line("M254 182v88M216 204l76 44M216 248l76-44", "#ffa93a", 6), area("M150 156c-8-44 30-62 66-54c-2 34-30 58-66 54z", "A")],
    "mask": [rect(118, 92, 164, 196, 18, "W"), area("M150 140q50-34 100 0q12 80-50 118q-62-38-50-118z", "M"),
             oval(178, 172, 14, 8, "W"), oval(222, 172, 14, 8, "W"), oval(200, 222, 18, 8, "W")],
    "tube": [area("M142 92h116l-14 158h-88z", "W"), rect(138, 84, 124, 18, 6, "M"), rect(162, 250, 76, 38, 8, "A"),
             disc(200, 166, 28, "M"), disc(192, 158, 9, "W")],
    "sunscreen": bottle("W", "Y", "Y") + [disc(200, 207, 16, "W"), line("M200 182v-2M200 234v-2M174 207h2M226 207h-2", "W", 6)],
    "lipstick": [area("M174 156v-44l52-28v72z", "R"), rect(166, 150, 68, 50, 6, "Y"), rect(154, 196, 92, 92, 10, "D"),
                 rect(166, 208, 8, 64, 4, "M")],
    "handcream": [turn(-16, area("M116 110h52l-6 148h-40z", "M"), rect(122, 258, 40, 28, 5, "W")),
                  area("M174 96h52l-6 154h-40z", "A"), rect(180, 250, 40, 30, 5, "W"),
                  turn(16, area("M232 110h52l-6 148h-40z", "Y"), rect(238, 258, 40, 28, 5, "W"))],
    "shampoo": [line("M200 118V90h42", "D", 12)] + bottle("A", "D", "W")[1:] + [area("M200 186c16 22 16 40 0 40s-16-18 0-40z", "A")],
    "pods": [area("M122 160q40-30 78 0q22 54-8 84q-50 14-70-8q-20-40 0-76z", "W"), area("M130 200q30-30 66 4q-6 50-66 26z", "A"),
             area("M214 190q36-28 70 0q20 46-6 76q-44 12-64-6q-18-36 0-70z", "W"), area("M222 226q28-26 58 4q-8 42-58 22z", "M"),
             disc(226, 118, 16, "W"), disc(262, 146, 10, "W")],
    "soap": [rect(104, 206, 150, 80, 26, "M"), rect(150, 146, 146, 80, 26, "W"), oval(222, 186, 44, 20, "M"),
             disc(132, 140, 22, "W"), disc(168, 106, 14, "W"), disc(112, 100, 9, "W")],
    "washbag": [line("M166 128c0-52 68-52 68 0", "D", 10), rect(104, 122, 192, 164, 28, "A"), line("M104 196h192", "W", 5),
                rect(176, 186, 48, 20, 8, "Y"), rect(130, 224, 62, 40, 10, "M"), rect(208, 224, 62, 40, 10, "M")],
    "yogamat": [rect(96, 226, 226, 52, 10, "M"), disc(122, 214, 64, "A"), disc(122, 214, 44, "M"), disc(122, 214, 26, "A"),
                disc(122, 214, 9, "W"), rect(122, 150, 150, 76, 20, "A"), line("M170 150v76M226 150v76", "D", 7)],
    "dumbbell": [turn(-22, rect(140, 174, 120, 22, 8, "G"), rect(92, 130, 34, 110, 12, "D"), rect(122, 144, 26, 82, 9, "A"),
                      rect(274, 130, 34, 110, 12, "D"), rect(252, 144, 26, 82, 9, "A"))],
    "rope": [line("M128 180c-60 130 204 130 144 0", "R", 9), rect(112, 96, 32, 96, 14, "A"), rect(256, 96, 32, 96, 14, "A"),
             rect(118, 116, 20, 16, 4, "W"), rect(262, 116, 20, 16, 4, "W")],
    "massager": [rect(110, 108, 170, 66, 30, "D"), rect(76, 122, 40, 38, 12, "G"), disc(72, 141, 22, "A"),
                 area("M196 170h60l20 116h-52z", "A"), disc(248, 141, 12, "Y"), line("M226 208h30", "W", 6)],
    "bands": [line("M110 150c0-60 180-60 180 0s-180 60-180 0z", "A", 18), line("M120 198c0-50 160-50 160 0s-160 50-160 0z", "Y", 16),
              line("M132 244c0-40 136-40 136 0s-136 40-136 0z", "R", 14)],
    "tent": [area("M200 96L322 284H78z", "Y"), area("M200 96l-30 188H78z", "A"), area("M200 150l40 134h-80z", "D"),
             line("M200 96l-10-20M200 96l10-20", "B", 7)],
    "chair": [line("M130 282l120-80M270 282l-120-80", "D", 12), area("M112 108q88-30 176 0l-22 104q-66 44-132 0z", "A"),
              line("M124 124q76-22 152 0", "W", 6), line("M138 184q62 30 124 0", "M", 8)],
    "lantern": [line("M152 130c0-70 96-70 96 0", "D", 9), rect(142, 124, 116, 26, 10, "D"), rect(152, 150, 96, 104, 10, "Y"),
                area("M200 170c30 36 22 66 0 66s-30-30 0-66z", "W"), line("M152 150v104M248 150v104", "D", 8),
                rect(134, 252, 132, 36, 12, "A")],
    "backpack": [line("M164 112c0-46 72-46 72 0", "D", 12), rect(120, 104, 160, 184, 54, "D"), rect(140, 196, 120, 76, 18, "A"),
                 line("M140 222h120", "W", 5), rect(150, 142, 100, 30, 12, "M"), rect(190, 214, 20, 18, 4, "Y")],
    "suitcase": [line("M168 124V82h64v42", "G", 11), rect(126, 120, 148, 156, 22, "A"), line("M162 136v124M200 136v124M238 136v124", "M", 8),
                 disc(152, 284, 12, "D"), disc(248, 284, 12, "D")],
    "umbrella": [area("M80 200c8-128 232-128 240 0q-20-22-40 0q-20-22-40 0q-20-22-40 0q-20-22-40 0q-20-22-40 0q-20-22-40 0z", "A"),
                 area("M200 104q-44 40-40 96q20-22 40 0q20-22 40 0q4-56-40-96z", "M"), line("M200 104V88M200 200v62q0 24 24 24t24-20", "D", 9)],
    "phone50": [rect(132, 84, 136, 204, 22, "D"), rect(144, 104, 112, 150, 6, "W"), text(200, 192, 50, "¥50", "A"),
                disc(200, 270, 8, "W"), line("M168 216h64", "M", 7)],
    "phone100": [rect(132, 84, 136, 204, 22, "A"), rect(144, 104, 112, 150, 6, "W"), text(200, 190, 42, "¥100", "D"),
                 disc(200, 270, 8, "W"), line("M168 216h64", "M", 7)],
    "bolt": [area("M200 92c60 66 84 104 84 134a84 66 0 0 1-168 0c0-30 24-68 84-134z", "M"), area("M212 142l-52 72h34l-12 56l56-74h-36z", "W")],
    "cup": [rect(134, 108, 132, 24, 8, "D"), area("M142 128h116l-16 160h-84z", "W"), area("M146 168h108l-7 70h-94z", "A"),
            disc(200, 203, 22, "W"), line("M200 192q-8 11 0 22", "B", 5)],
    "film": [area("M106 148l182-46l8 32l-182 46z", "D"), line("M150 138l18 30M196 126l18 30M242 114l18 30", "W", 9),
             rect(112, 180, 186, 104, 12, "A"), area("M184 206l44 26l-44 26z", "W")],
    "month": ticket("月卡", "视频会员"),
    "week": ticket("周卡", "新人专享"),
    "music": [disc(200, 186, 98, "D"), disc(200, 186, 66, "K"), disc(200, 186, 34, "A"),
              line("M192 208v-44l34-8v42", "W", 7), disc(184, 208, 9, "W"), disc(218, 200, 9, "W")],
    # what stands for a category alone
    "gift": box("A", "D"),
    "leaf": [area(LEAF, "A"), line("M200 120v160", "D", 7), area("M200 250c-50 6-76-18-80-54c42-2 72 18 80 54z", "M"),
             area("M200 236c50 6 76-18 80-54c-42-2-72 18-80 54z", "M")],
    "house": [area("M200 92l116 96h-28v96H112v-96H84z", "A"), rect(176, 214, 48, 70, 6, "W"), rect(132, 200, 30, 30, 4, "Y")],
    "star": [area("M200 88l32 66l72 10l-52 52l12 72l-64-34l-64 34l12-72l-52-52l72-10z", "A"), disc(200, 196, 24, "W")],
}

# The drawing and the short label of each product, from 1.
PRODUCTS = """tissue 洗脸巾|buds 降噪耳机|week 周卡|clock 机械闹钟|charger 充电器|powerbank 充电宝|cable 快充线|stand 手机支架
speaker 蓝牙音箱|mic 麦克风|projector 投影仪|kettle 养生壶|fryer 空气炸锅|steamer 挂烫机|humidifier 加湿器|toothbrush 电动牙刷
flask 保温杯|wok 炒锅|bowls 陶瓷餐具|lunchbox 保鲜盒|board 竹砧板|scissors 厨房剪|bedding 四件套|pillow 护颈枕|quilt 冬被
organizer 收纳盒|storage 收纳箱|candle 香薰蜡烛|beans 咖啡豆|coffee 黑咖啡|tea 红茶|greentea 龙井|teabag 花茶|milk 燕麦奶
nuts 每日坚果|yolkcake 蛋黄酥|jerky 猪肉脯|strawberry 草莓脆|seaweed 海苔脆|chocolate 黑巧克力|rice 稻花香|oil 橄榄油|honey 土蜂蜜
crab 大闸蟹|orange 脐橙|mask 面膜|tube 洁面乳|sunscreen 防晒乳|lipstick 口红|handcream 护手霜|shampoo 洗发水|pods 洗衣凝珠|soap 手工皂
washbag 洗漱包|yogamat 瑜伽垫|dumbbell 哑铃|rope 跳绳|massager 按摩枪|bands 弹力带|tent 帐篷|chair 月亮椅|lantern 露营灯
backpack 双肩包|suitcase 登机箱|umbrella 晴雨伞|phone50 话费|phone100 话费|bolt 生活缴费|cup 咖啡券|film 电影票|month 月卡
music 音乐会员"""

CATEGORIES = ("stand house leaf lipstick dumbbell gift powerbank speaker fryer wok bedding coffee nuts rice tube shampoo "
              "yogamat tent bolt film").split()
MERCHANTS = [("star", 1), ("leaf", 3), ("gift", 6)]


def coloured(parts, palette):
    named = dict(FIXED, A=palette[2], M=palette[3], D=palette[4])
    return re.sub(r'(fill|stroke)="([AMDWLGYRBK])"', lambda m: f'{m[1]}="{named[m[2]]}"', "".join(parts))


def picture(size, corner, palette, motif, label):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 400 400">'
            '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
            f'<stop offset="0" stop-color="{palette[0]}"/><stop offset="1" stop-color="{palette[1]}"/>'
            f'</linearGradient></defs><rect width="400" height="400" rx="{corner}" fill="url(#g)"/>')
    body = coloured(motif, palette)
    if label is None:
        return f'{head}<g transform="translate(-24 -8) scale(1.12)">{body}</g></svg>\n'
    halo = '<circle cx="200" cy="186" r="142" fill="#fff" opacity=".38"/>'
    shade = f'<ellipse cx="200" cy="298" rx="104" ry="11" fill="{palette[4]}" opacity=".16"/>'
    return f"{head}{halo}{shade}{body}{text(200, 366, 30, label, palette[4])}</svg>\n"


def write(name, svg):
    assert len(svg.encode()) <= 3072, name
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write(svg)


def main():
    with open(os.path.join(HERE, "0001_catalogue.sql"), encoding="utf-8") as f:
        sql = f.read()
    tree = {int(n): int(parent) for n, parent in re.findall(r"SELECT (\d+)(?: AS n)?, (\d+)(?: AS parent)?, '", sql)}
    leaf = {int(n): int(c) for n, c in re.findall(r"SELECT (\d+)(?: AS n)?, (\d+)(?: AS cat)?, \d+(?: AS merchant)?, \d+", sql)}
    products = [p.split(" ") for p in PRODUCTS.replace("\n", "|").split("|")]
    assert len(products) == len(leaf) and len(CATEGORIES) == len(tree)
    os.makedirs(OUT, exist_ok=True)
    for n, (motif, label) in enumerate(products, 1):
        write(f"p{n:03}.svg", picture(400, 0, PALETTES[tree[leaf[n]]], MOTIFS[motif], label))
    for n, motif in enumerate(CATEGORIES, 1):
        write(f"c{n:02}.svg", picture(96, 96, PALETTES[tree[n] or n], MOTIFS[motif], None))
    for n, (motif, palette) in enumerate(MERCHANTS, 1):
        write(f"m{n}.svg", picture(96, 200, PALETTES[palette], MOTIFS[motif], None))


if __name__ == "__main__":
    main()

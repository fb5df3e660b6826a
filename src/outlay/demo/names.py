"""Invented people: given and family names of many languages, put together within a language, without repeating.

No name is taken from a real person's record; a clash with a living person is chance. Addresses end in `.example`,
which no mail server will ever own.
"""

import unicodedata
from collections.abc import Iterator
from random import Random
from typing import Final

MAIL_DOMAIN: Final = "acme.example"

_NAMES: Final[tuple[tuple[str, str], ...]] = (
    (
        "Anna Lukas Marie Jonas Leonie Felix Greta Moritz Ida Emil Frieda Karl Paula Anton Clara Matthias",
        "Becker Hoffmann Schäfer Koch Richter Klein Wolf Schröder Neumann Braun Zimmermann Krüger Lange Weiß Vogel",
    ),
    (
        "Emma Oliver Grace Henry Alice George Ruby Arthur Isla Noah Freya Theo Hannah Dylan Martha Owen",
        "Bennett Clarke Foster Griffiths Hughes Marshall Palmer Reid Sutton Turner Walsh Whitaker Ellis Doyle Frost",
    ),
    (
        "Camille Hugo Léa Louis Manon Jules Chloé Gabriel Inès Raphaël Zoé Arthur Juliette Maël Élise Bastien",
        "Bernard Dubois Lefèvre Moreau Fournier Girard Mercier Blanchard Chevalier Renaud Faure Perrin Marchand Besson",
    ),
    (
        "Lucía Mateo Sofía Diego Valentina Javier Camila Álvaro Elena Pablo Carmen Andrés Irene Tomás Rocío Iván",
        "García Navarro Romero Torres Iglesias Ortega Delgado Castillo Vargas Méndez Herrera Fuentes Soler Pizarro",
    ),
    (
        "Giulia Marco Chiara Lorenzo Francesca Matteo Elisa Davide Martina Pietro Serena Nicolò Bianca Simone",
        "Rossi Conti Marino Greco Gallo Fontana Moretti Barbieri Caruso Ferri Leone Testa Valentini Bassi Sala",
    ),
    (
        "Zofia Jakub Maja Szymon Hanna Wojciech Oliwia Tomasz Alicja Michał Ewa Paweł Kinga Łukasz Magda",
        "Kowalski Nowak Zieliński Wójcik Kamiński Lewandowski Dąbrowski Mazur Krawczyk Pawlak Sikora Baran Duda",
    ),
    (
        "Astrid Erik Freja Lars Ingrid Magnus Sigrid Nils Maja Søren Linnea Bjørn Elin Henrik Tuva Aksel",
        "Andersson Berg Dahl Eriksen Hansen Lindqvist Nygård Holm Sandberg Strand Lund Öberg Solberg Viklund Skov",
    ),
    (
        "Aarav Priya Rohan Ananya Vikram Kavya Arjun Meera Siddharth Nisha Karan Divya Rahul Sneha Aditya Lakshmi",
        "Sharma Patel Iyer Gupta Nair Reddy Mehta Banerjee Kulkarni Chopra Joshi Menon Rao Desai Malhotra Pillai",
    ),
    (
        "Wei Mei Jian Xiu Hao Lin Yan Jun Ling Tao Hui Chen Bo Qing Rui Ying",
        "Wang Li Zhang Liu Huang Zhao Wu Zhou Xu Sun Ma Zhu Guo Lin Gao Luo",
    ),
    (
        "Haruka Kenji Yuki Sora Aiko Daiki Misaki Ren Naoko Takumi Emi Hiroshi Kaori Shun Mio Riku",
        "Sato Suzuki Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Mori Ikeda Hayashi",
    ),
    (
        "Amina Yusuf Layla Omar Noor Karim Salma Tariq Yasmin Hassan Rania Khalid Dina Samir Huda Bilal",
        "Haddad Khoury Mansour Nasser Saleh Rahman Farouk Aziz Hamdan Qasim Sabbagh Darwish Zaki Najjar Issa",
    ),
    (
        "Chiamaka Kwame Amara Tunde Zanele Kofi Ngozi Sipho Adaeze Femi Thandiwe Chidi Ama Jabari Lerato Emeka",
        "Okafor Mensah Adeyemi Dlamini Boateng Nwosu Mwangi Osei Balogun Moyo Kamau Eze Owusu Abara Ndlovu",
    ),
    (
        "Beatriz Thiago Larissa Rafael Juliana Gustavo Mariana Caio Fernanda Bruno Letícia Vinícius Aline Otávio",
        "Silva Oliveira Ferreira Almeida Ribeiro Carvalho Gomes Barbosa Cardoso Teixeira Nogueira Moraes Pinto",
    ),
    (
        "Elif Mehmet Zeynep Emre Defne Can Ayşe Burak Selin Kerem Ece Onur Derya Cem Sibel Deniz",
        "Güneş Demir Çelik Şahin Kaya Tekin Öztürk Arslan Doğan Koç Kurt Özkan Polat Erdem Aksoy",
    ),
)
# Letters that no decomposition takes apart.
_PLAIN: Final = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "đ": "d", "æ": "ae"})


def draw_names(rng: Random) -> Iterator[str]:
    """Yield full names without repeating; about three thousand there are."""
    everyone = [
        f"{given} {family}"
        for given_names, family_names in _NAMES
        for given in given_names.split()
        for family in family_names.split()
    ]
    rng.shuffle(everyone)
    seen: set[str] = set()
    for name in everyone:
        slug = as_slug(name)
        if slug not in seen:
            seen.add(slug)
            yield name


def as_slug(name: str) -> str:
    """Return `maja.wojcik` for `Maja Wójcik`."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    return ".".join(decomposed.encode("ascii", "ignore").decode().lower().split())

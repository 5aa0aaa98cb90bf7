"""Who is drawn: a character's colours and features, chosen by the avatar's id or look."""

import hashlib
from dataclasses import dataclass, replace

from liveavatar_emulator.worker.drawing.canvas import Colour


@dataclass(frozen=True)
class Character:
    """Everything that makes one person look unlike another."""

    skin: Colour
    blush: Colour
    lips: Colour
    hair: Colour
    hair_light: Colour
    iris: Colour
    jacket: Colour
    shirt: Colour
    hairstyle: str = "bob"  # bob, short, long, bun
    clothes: str = "blazer"  # blazer, jumper
    jaw: float = 0.0  # from -1, a narrow jaw, to 1, a wide one
    brows: float = 1.0  # thickness
    stubble: float = 0.0
    scene: str = "studio"  # studio, plain, night, lobby, garden
    exposure: float = 1.0  # how much of the light reaches the person


JUNE = Character(
    skin=(240, 201, 176), blush=(232, 132, 116), lips=(196, 92, 92), hair=(92, 54, 36),
    hair_light=(178, 116, 74), iris=(94, 128, 92), jacket=(38, 58, 92), shirt=(244, 240, 234),
    hairstyle="bob", jaw=-0.6, brows=0.82, scene="studio",
)  # fmt: skip
MAREK = Character(
    skin=(222, 178, 148), blush=(206, 116, 98), lips=(184, 118, 104), hair=(44, 36, 34),
    hair_light=(98, 82, 74), iris=(84, 112, 138), jacket=(46, 50, 60), shirt=(108, 128, 150),
    hairstyle="short", clothes="blazer", jaw=0.8, brows=1.35, stubble=0.35, scene="night",
)  # fmt: skip
INES = Character(
    skin=(206, 152, 118), blush=(196, 98, 84), lips=(176, 72, 74), hair=(38, 26, 24),
    hair_light=(104, 68, 52), iris=(92, 62, 40), jacket=(24, 108, 108), shirt=(236, 222, 200),
    hairstyle="long", clothes="jumper", jaw=-0.5, brows=0.95, scene="lobby",
)  # fmt: skip
WAYNE = Character(
    skin=(232, 188, 160), blush=(216, 124, 106), lips=(196, 126, 112), hair=(126, 92, 60),
    hair_light=(196, 156, 110), iris=(88, 124, 150), jacket=(70, 104, 86), shirt=(240, 238, 232),
    hairstyle="short", clothes="jumper", jaw=0.6, brows=1.2, stubble=0.12, scene="studio",
)  # fmt: skip
ROSE = Character(
    skin=(246, 212, 192), blush=(236, 140, 124), lips=(202, 98, 92), hair=(150, 68, 36),
    hair_light=(222, 136, 82), iris=(86, 130, 116), jacket=(120, 62, 84), shirt=(250, 244, 238),
    hairstyle="bun", clothes="blazer", jaw=-0.4, brows=0.8, scene="plain",
)  # fmt: skip
NIGHT = 0.54  # how much light reaches a person in the night scene

KNOWN = {
    "a1b2c3d4-0001-4000-8000-000000000001": JUNE,
    "a1b2c3d4-0002-4000-8000-000000000002": MAREK,
    "a1b2c3d4-0003-4000-8000-000000000003": INES,
    "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a": WAYNE,
    "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0": ROSE,
}
BY_LOOK = {"dark": MAREK, "vertical": INES, "plain": ROSE}
SCENES = {"studio": "studio", "plain": "plain", "dark": "night", "vertical": "lobby"}


def character_for(avatar_id: str, look: str) -> Character:
    """
    The person for an avatar. A known avatar is always the same person; an unknown one gets a face by its look
    or id. The look then sets scene and light: "dark" is low light by design, not a fault.
    """
    person = KNOWN.get(avatar_id) or BY_LOOK.get(look)
    if person is None:
        cast = (JUNE, WAYNE, ROSE, INES)
        person = cast[hashlib.sha256(avatar_id.encode()).digest()[0] % len(cast)]
    scene = SCENES.get(look, person.scene)
    return replace(person, scene=scene, exposure=NIGHT if scene == "night" else 1.0)

"""Names that the relay makes up: beyond guessing, or on request readable, which anybody may guess.

A readable name says that a link is not secret: two words and four digits are about 27 bits. Whoever
wants both protects the link by a policy.
"""

from __future__ import annotations

import secrets
from typing import Final, Literal

from doorstep_relay.domain.patterns import random_name_of

Naming = Literal["random", "readable"]
"""As the wire format has it."""

_HOW: Final = """
    able agile amber ample aqua ashen autumn azure basic blue bold brave breezy bright brisk bronze calm
    candid cedar cheery chilly civil clean clear clever cloudy coastal cobalt cool copper coral cosmic cosy
    crimson crisp curious dapper daring dawn deep deft dewy direct eager early earthy easy elder ember even
    fair fancy far fast fern fine first fleet fluent fond frank free fresh frosty full gentle giant gilded
    glad golden good grand green happy hardy hazel honest humble icy indigo ivory jade jolly keen kind large
    late lean level light lilac lively local lofty lucid lucky lunar maple marble mellow merry mild minty
    misty modest mossy neat new noble north novel ocean olive opal open orange outer pale patient pearl placid
    plain plum polar polite prime proud pure quick quiet rapid rare ready rosy round royal ruby rustic sage
    sandy scarlet sharp shiny silent silver simple sleek small smart smooth snowy soft solar solid south spare
    spry stable steady still stout strong sunny sure swift tall teal tidy tiny topaz true upper velvet vivid
    warm west white wide wild windy wise young zesty
"""
_WHAT: Final = """
    acorn alder anchor apple arbor arrow aspen atlas badger bamboo barley basin bay beacon beaver beech birch
    bison bloom boat branch breeze bridge brook cactus canoe canyon cape castle cello cherry cliff cloud
    clover comet compass coral cove crane creek cricket crow daisy dale deer delta dove dune eagle echo elm
    falcon feather fern field finch fir fjord flame flute forest fossil fox garden gate geyser glacier glade
    grove gull harbor hare harp hawk heath hedge heron hill hollow horizon ibis iris island ivy jasmine
    juniper kayak kelp kite lagoon lake lantern lark laurel leaf lemon lily linden lion lotus lynx magnet
    maple marsh meadow melon meteor mill mint moon moss mountain nectar nest oak oasis orbit orchid otter owl
    palm panda pebble pelican pepper pine planet plover pond poplar poppy prairie quail quartz quill rain
    raven reed reef ridge river robin rocket sail salmon sequoia shell shore sky sparrow spring spruce
    squirrel star stone stork stream summit swan thistle thrush tide tiger trail trout tulip tundra turtle
    valley violet walnut wave whale willow wren yarrow zebra
"""
HOW: Final = tuple(_HOW.split())
WHAT: Final = tuple(_WHAT.split())
NUMBERS: Final = 10_000


def make_name(naming: Naming, patterns: tuple[str, ...] = ()) -> str | None:
    """A name of this kind that a token for these patterns of names (none for any) may open, if there is one.

    Where a token's patterns say how a name begins, the rest is random.
    """
    if naming == "readable" and not patterns:
        return readable_name()
    return random_name_of(patterns)


def readable_name() -> str:
    """Like `calm-otter-4821`."""
    return f"{secrets.choice(HOW)}-{secrets.choice(WHAT)}-{secrets.randbelow(NUMBERS):04d}"

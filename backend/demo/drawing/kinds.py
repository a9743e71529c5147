"""The kinds of things that a scene may name, each `(canvas, **own parameters)`, standing on the origin."""

from collections.abc import Callable

from backend.demo.drawing import bakery, bottles, fruit, greens, household, larder, packs, treats, vessels

_MODULES = {
    fruit: """
        orange orange_half apple pear grapes strawberry cherries bananas mango blueberry watermelon melon_slice
        kiwi kiwi_half dragonfruit dragonfruit_half""",
    greens: """
        cabbage tomato carrot potato cucumber cucumber_slice pumpkin pumpkin_wedge yams shiitake broccoli corn
        eggplant peppers garlic""",
    larder: "egg egg_box egg_half pork_belly steak chicken drumsticks salmon lemon prawns meat_rolls",
    bakery: "cheese toast croissant cake_roll butter milk_glass",
    packs: "sack pouch pillow carton box bundle soft_pack tissue wipes wrap",
    bottles: "oil bottle juice detergent pump dish_soap flask nursing_bottle",
    vessels: "jar tin can tube pot tub yoghurt dipper cup mug",
    treats: """
        bowl nut almond cashew dates chips cookie cookies mango_strips jerky beans tea_leaves puer tea_glass
        seaweed""",
    household: """
        paper_roll towels bin_bags cutting_board bowls lipstick lipstick_cap toothbrush foam pods blocks
        picture_book mirror""",
}

KINDS: dict[str, Callable[..., None]] = {
    name: getattr(module, name) for module, names in _MODULES.items() for name in names.split()
}

# ruff: noqa: E501  # a table: one trade a line reads better than six
"""The trades of the generated sample: six areas of six, each with its things and tools.

Made up for this purpose and about nobody in particular; knows nothing of files or relations.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """One field of work: its name, who does it, on what, with what."""

    name: str
    worker: str
    things: tuple[str, ...]  # eight
    tools: tuple[str, ...]  # three


def _trade(row: str) -> Trade:
    name, worker, things, tools = row.split("; ")
    return Trade(name, worker, tuple(things.split(", ")), tuple(tools.split(", ")))


def _trades(rows: str) -> tuple[Trade, ...]:
    return tuple(_trade(row) for row in rows.strip().splitlines())


AREAS: tuple[tuple[str, tuple[Trade, ...]], ...] = (
    (
        "wood",
        _trades("""
joinery; joiner; oak doors, window frames, staircases, shop counters, bookshelves, floorboards, garden gates, kitchen cupboards; hand plane, mortise chisel, band saw
boat building; boat builder; rowing boats, wooden masts, oars, hull planks, sailing dinghies, canoes, cabin hatches, rudders; caulking iron, steam box, adze
chair making; chair maker; rocking chairs, stools, cane seats, benches, armchairs, turned legs, high chairs, folding chairs; lathe, drawknife, shaving horse
basket weaving; basket maker; willow baskets, bread trays, log carriers, wicker screens, fishing creels, picnic hampers, cradles, laundry baskets; bodkin, rapping iron, knife
toy making; toy maker; wooden trains, dolls' houses, spinning tops, puzzles, rocking horses, puppets, building blocks, pull-along ducks; fretsaw, paintbrush, sander
timber framing; timber framer; roof trusses, barns, oak beams, porches, bell towers, footbridges, market stalls, garden pavilions; framing square, mallet, auger
"""),
    ),
    (
        "metal",
        _trades("""
bicycle repair; bicycle mechanic; bicycle wheels, brakes, chains, gear shifters, cargo bikes, handlebars, electric bicycle motors, tyres; spoke key, repair stand, chain tool
blacksmithing; blacksmith; iron gates, horseshoes, door hinges, fire tongs, railings, kitchen knives, garden tools, wall hooks; anvil, forge, hammer
clock repair; clockmaker; pendulum clocks, wristwatches, cuckoo clocks, tower clocks, mainsprings, dials, alarm clocks, gear trains; loupe, tweezers, timing machine
locksmithing; locksmith; door locks, padlocks, house keys, safes, bicycle locks, master key systems, window latches, letter boxes; pick set, key cutter, file
bell founding; bell founder; church bells, handbells, clappers, ship's bells, bell moulds, cow bells, chimes, bell frames; furnace, tuning fork, crane
instrument making; instrument maker; violins, flutes, brass horns, harps, accordions, guitar necks, drum skins, organ pipes; gouge, clamp, tuner
"""),
    ),
    (
        "food",
        _trades("""
baking; baker; sourdough loaves, rye bread, croissants, birthday cakes, pretzels, pie crusts, oat biscuits, wedding cakes; dough mixer, stone oven, proofing basket
beekeeping; beekeeper; beehives, honeycombs, queen bees, jars of honey, swarms, wax candles, pollen, bee smokers; veil, smoker, honey extractor
cheese making; cheese maker; goat cheese, blue cheese, curds, butter, hard cheese wheels, yoghurt, cheese rinds, brine baths; curd knife, vat, press
fruit preserving; preserver; strawberry jam, pickled plums, apple juice, dried pears, cherry syrup, marmalade, fruit leather, canned peaches; copper pan, dehydrator, jar lifter
chocolate making; chocolatier; truffles, cocoa beans, chocolate bars, nougat, pralines, easter figures, cocoa butter, hazelnut spread; tempering table, mould, grinder
tea blending; tea blender; green tea, herbal infusions, black tea, mint leaves, tea caddies, rooibos, iced tea, flower teas; tasting spoon, scales, sieve
"""),
    ),
    (
        "textiles and leather",
        _trades("""
weaving; weaver; wool blankets, linen towels, carpets, tapestries, silk scarves, warp threads, curtains, hammocks; loom, shuttle, bobbin winder
tailoring; tailor; coats, wedding dresses, trousers, shirts, waistcoats, work overalls, stage costumes, hems; sewing machine, tape measure, steam iron
shoemaking; shoemaker; walking boots, leather soles, sandals, dance shoes, heels, slippers, riding boots, shoe laces; last, awl, skiving knife
dyeing; dyer; indigo cloth, wool yarn, silk ribbons, batik prints, cotton thread, madder baths, fading banners, plant pigments; dye vat, thermometer, drying rack
bookbinding; bookbinder; leather covers, notebooks, torn pages, gilt edges, photo albums, spines, slipcases, old atlases; bone folder, sewing frame, nipping press
felt making; felt maker; felt hats, slippers of felt, wool fleece, felt bags, saddle pads, yurt covers, wall panels, piano felts; felting needle, carding comb, rolling mat
"""),
    ),
    (
        "stone, clay and glass",
        _trades("""
pottery; potter; clay bowls, glazed tiles, teapots, vases, flower pots, porcelain plates, kiln shelves, stoneware jugs; potter's wheel, kiln, sponge
glassblowing; glassblower; wine glasses, lampshades, stained glass windows, glass beads, bottles, mirrors, paperweights, laboratory flasks; blowpipe, tongs, annealing oven
stonemasonry; stonemason; granite steps, sandstone arches, sundials, fountains, milestones, carved lettering, church windows, stone bridges; mallet, point chisel, plumb line
roof tiling; roofer; slate roofs, clay roof tiles, chimneys, gutters, skylights, ridge caps, thatched roofs, solar panels; ladder, slate hammer, harness
mosaic laying; mosaic layer; mosaic floors, pool edges, mural panels, pebble paths, tabletops, shower walls, marble chips, grout joints; nippers, trowel, spirit level
wall building; wall builder; dry stone walls, brick walls, garden terraces, retaining walls, gate pillars, hay barns, wells, pizza ovens; trowel, line and pins, mixer
"""),
    ),
    (
        "the outdoors",
        _trades("""
orchard care; orchardist; apple trees, cherry blossoms, pear grafts, plum harvests, orchard meadows, fruit ladders, young saplings, walnut trees; pruning saw, grafting knife, picking bag
hedge laying; hedge layer; hawthorn hedges, field borders, willow fences, bird nests, hazel stakes, garden mazes, thorn cuttings, windbreaks; billhook, gloves, shears
trail building; trail builder; hiking trails, wooden boardwalks, signposts, mountain huts, rest benches, drainage ditches, stepping stones, cycle paths; mattock, rake, theodolite
weather watching; weather observer; rain gauges, wind vanes, thermometers, storm warnings, snow depths, cloud photographs, barometers, frost records; notebook, satellite map, weather balloon
pond keeping; pond keeper; garden ponds, water lilies, carp, reed beds, pond pumps, dragonfly larvae, stream banks, rainwater tanks; landing net, waders, test kit
tree surgery; tree surgeon; old oaks, storm-damaged branches, tree stumps, avenue limes, tree houses, climbing ropes, wood chips, hollow trunks; chainsaw, climbing harness, pulley
"""),
    ),
)

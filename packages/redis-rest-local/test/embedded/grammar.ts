import fc from "fast-check";
import {
  expiries,
  type Grammar,
  hashes,
  keyspace,
  lists,
  others,
  sets,
  sortedSets,
  strings,
} from "./grammar-commands.ts";
import { all } from "./grammar-parts.ts";
import { atom, type Words } from "./grammar-words.ts";

export const grammar: Grammar = {
  ...strings,
  ...lists,
  ...hashes,
  ...sets,
  ...sortedSets,
  ...keyspace,
  ...expiries,
  ...others,
};

/** Commands that are not compared here: they have tests of their own, or nothing to compare. */
export const elsewhere: readonly string[] = [
  ...["eval", "eval_ro", "evalsha", "evalsha_ro", "script|load"],
  ...["subscribe", "psubscribe", "monitor", "info", "config|get", "config|set", "config|resetstat"],
  ...["command", "command|count", "select"],
];

/** Rare commands: each undoes all that came before. */
const RARE = ["flushall", "flushdb"];

/** Any command with its arguments, now and then wrong ones. */
export const command = commandFrom(grammar);

/** Commands for one type, alone and with those for keys, so that a sequence goes deep. */
export const families: readonly fc.Arbitrary<Words>[] = [
  strings,
  lists,
  hashes,
  sets,
  { ...sets, ...sortedSets },
].flatMap((family) => [commandFrom(family), commandFrom({ ...family, ...keyspace, ...expiries })]);

function commandFrom(commands: Grammar): fc.Arbitrary<Words> {
  const name = fc.oneof(
    { weight: 300, arbitrary: fc.constantFrom(...Object.keys(commands).filter((each) => !RARE.includes(each))) },
    { weight: 1, arbitrary: fc.constantFrom(...RARE) },
  );
  return fc.oneof(
    { weight: 9, arbitrary: name.chain(commandOf) },
    { weight: 1, arbitrary: name.chain((chosen) => commandOf(chosen).chain(mutated)) },
  );
}

function commandOf(chosen: string): fc.Arbitrary<Words> {
  return all(...chosen.split("|").map((word) => fc.constantFrom(word, word.toUpperCase())), grammar[chosen]!);
}

const NOT_MUTATED = ["wait", "script", "flushall", "flushdb"];

function mutated(words: Words): fc.Arbitrary<Words> {
  if (NOT_MUTATED.includes(String(words[0]).toLowerCase())) return fc.constant(words);
  const place = fc.nat({ max: words.length - 1 });
  return fc.oneof(
    fc.tuple(place, atom).map(([at, other]) => words.with(at, other)),
    place.map((at) => (words.length > 1 ? words.toSpliced(at, 1) : words)),
    fc.tuple(place, atom).map(([at, other]) => words.toSpliced(at + 1, 0, other)),
    fc.array(atom, { maxLength: 3 }).map((more) => [...words, ...more]),
  );
}

/** Does `work` on all items, `width` at a time, `lane` being which of them; results in the order of the items. */
export async function pool<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, lane: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const queue = items.entries();
  const run = async (lane: number): Promise<void> => {
    for (const [i, item] of queue) results.set(i, await work(item, lane));
  };
  await Promise.all(Array.from({ length: width }, (_, lane) => run(lane)));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

"""The question of bench/query.ts asked of other packages, on request.

usage: query_peers.py FOLDER
FOLDER holds question.json: files (our Arrow files), channel, threshold, latitudes and longitudes of the grid and, for the
places, latitude, longitude, and the four grid points and weights between which the value is interpolated.
First line out: {peer: version}. Then for each line "PEER PLACES TRIES" in, one line out: {"opened", "warm": seconds by the
clock, the fastest of the tries, with and without opening the file (warm is null where nothing stays open), "bytes": those
read with opening, "answers": the share of members whose value falls below the threshold at any lead, a place}.

polars and DuckDB read our files, DuckDB through a pyarrow dataset. xarray reads the channel from a NetCDF-4 file (not
compressed, not chunked: [member, lead, latitude, longitude]) that is made of them beforehand, and interpolates by itself.
"""

import json
import sys
import time

import numpy as np

folder = sys.argv[1]
with open(f"{folder}/question.json") as file:
    question = json.load(file)
files, channel, threshold = question["files"], question["channel"], question["threshold"]
places = {key: np.array(values) for key, values in question["places"].items()}


def to_netcdf(path):
    import netCDF4
    import pyarrow as pa

    latitudes, longitudes = question["latitudes"], question["longitudes"]
    with netCDF4.Dataset(path, "w") as out:
        sizes = {"member": question["members"], "lead": len(question["leads_hours"])}
        sizes |= {"latitude": len(latitudes), "longitude": len(longitudes)}
        for name, size in sizes.items():
            out.createDimension(name, size)
        for name, values in (("latitude", latitudes), ("longitude", longitudes), ("lead", question["leads_hours"])):
            out.createVariable(name, "f8", (name,))[:] = values
        variable = out.createVariable(channel, "f4", tuple(sizes), contiguous=True, fill_value=False)
        leads = {hours: index for index, hours in enumerate(question["leads_hours"])}
        for name in files:
            with pa.memory_map(name) as source:
                reader = pa.ipc.open_file(source)
                for i in range(reader.num_record_batches):
                    batch = reader.get_batch(i)
                    if batch["channel"][0].as_py() != channel:
                        continue
                    members = batch["member"].to_numpy()
                    values = batch["values"].flatten().to_numpy()
                    fields = values.reshape(len(members), len(latitudes), len(longitudes))
                    variable[members[0] : members[-1] + 1, leads[batch["lead_hours"][0].as_py()]] = fields


class Xarray:
    """The file is kept open between questions that are warm."""

    def __init__(self):
        import xarray

        self.xarray = xarray
        self.version = xarray.__version__
        self.path = f"{folder}/channel.nc"
        to_netcdf(self.path)

    def open(self):
        return self.xarray.open_dataset(self.path, cache=False)

    def ask(self, dataset, count):
        at = {key: self.xarray.DataArray(places[key][:count], dims="place") for key in ("latitude", "longitude")}
        return (dataset[channel].interp(at).min("lead") < threshold).mean("member").values


class Polars:
    def __init__(self):
        import polars

        self.pl = polars
        self.version = polars.__version__

    def open(self):
        return None

    def ask(self, _, count):
        pl = self.pl
        rows = pl.scan_ipc(files).filter(pl.col("channel") == channel)
        points, weights = places["points"][:count], places["weights"][:count]
        if count == 1:
            value = sum(pl.col("values").arr.get(int(p)) * float(w) for p, w in zip(points[0], weights[0]))
            least = rows.select("member", value=value).group_by("member").agg(pl.col("value").min())
            return [least.select((pl.col("value") < threshold).mean()).collect().item()]
        # Points are picked by numpy: lists of points with a row each take four times as long, a column a place forty.
        frame = rows.select("member", "values").collect()
        values = np.einsum("rpk,pk->rp", frame["values"].to_numpy()[:, points], weights)
        least = np.full((question["members"], count), np.inf)
        np.minimum.at(least, frame["member"].to_numpy(), values)
        return (least < threshold).mean(axis=0)


class DuckDB:
    def __init__(self):
        import duckdb
        import pyarrow.dataset

        self.duckdb, self.dataset = duckdb, pyarrow.dataset
        self.version = duckdb.__version__

    def open(self):
        connection = self.duckdb.connect()
        connection.register("run", self.dataset.dataset(files, format="ipc"))
        return connection

    def ask(self, connection, count):
        points, weights = places["points"][:count], places["weights"][:count]
        # Lists of DuckDB are numbered from 1.
        if count == 1:
            value = " + ".join(f'{w!r} * "values"[{p + 1}]' for p, w in zip(points[0].tolist(), weights[0].tolist()))
            least = f"SELECT member, min({value}) AS least FROM run WHERE channel = '{channel}' GROUP BY member"
            return [connection.execute(f"SELECT avg((least < {threshold})::DOUBLE) FROM ({least})").fetchone()[0]]
        # A row a point; a column a place takes longer.
        connection.execute("CREATE OR REPLACE TABLE wanted (points INTEGER[], weights DOUBLE[], places INTEGER[])")
        lists = [(points + 1).ravel().tolist(), weights.ravel().tolist(), np.repeat(np.arange(count), 4).tolist()]
        connection.execute("INSERT INTO wanted VALUES (?, ?, ?)", lists)
        shares = connection.execute(f"""
            WITH each AS (
                SELECT member, lead_hours, unnest(list_select("values"::FLOAT[], points)) AS x,
                    unnest(weights) AS weight, unnest(places) AS place
                FROM run, wanted WHERE channel = '{channel}'),
            value AS (SELECT member, lead_hours, place, sum(x * weight) AS x FROM each GROUP BY ALL),
            least AS (SELECT member, place, min(x) AS x FROM value GROUP BY ALL)
            SELECT avg((x < {threshold})::DOUBLE) FROM least GROUP BY place ORDER BY place""").fetchall()
        return [share for (share,) in shares]


def bytes_read():
    try:
        with open("/proc/self/io") as file:
            return int(file.readline().split()[1])
    except OSError:
        return None


if __name__ == "__main__":
    peers = {}
    for name, kind in (("xarray", Xarray), ("polars", Polars), ("duckdb", DuckDB)):
        try:
            peers[name] = kind()
        except ImportError:
            pass
    print(json.dumps({name: peer.version for name, peer in peers.items()}), flush=True)
    for line in sys.stdin:
        name, count, tries = line.split()
        peer, best = peers[name], {"opened": float("inf"), "warm": float("inf")}
        for _ in range(int(tries)):
            before, began = bytes_read(), time.perf_counter()
            handle = peer.open()
            answers = peer.ask(handle, int(count))
            best["opened"] = min(best["opened"], time.perf_counter() - began)
            read = None if before is None else bytes_read() - before
            began = time.perf_counter()
            if handle is not None:
                peer.ask(handle, int(count))
                best["warm"] = min(best["warm"], time.perf_counter() - began)
                handle.close()
        warm = None if handle is None else best["warm"]
        print(json.dumps({**best, "warm": warm, "bytes": read, "answers": [float(a) for a in answers]}), flush=True)

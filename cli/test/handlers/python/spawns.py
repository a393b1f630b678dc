import multiprocessing


def double(number, pipe):
    print("in the child")
    pipe.send(number * 2)


def handler(event, context):
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    child = spawn.Process(target=double, args=(event, there))
    child.start()
    child.join()
    return here.recv()

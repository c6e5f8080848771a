/** A file of a model made a scene's object, by the end of its name. */

import {
  BufferAttribute,
  BufferGeometry,
  type AnimationClip,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  Points,
  PointsMaterial,
  TextureLoader,
} from "three";

import { glbOf } from "./gltf.ts";

export interface Model {
  object: Object3D;
  animations: AnimationClip[];
}

/** The kinds of files that are shown. */
export const KINDS = [".glb", ".gltf", ".obj", ".ply", ".splat", ".stl"] as const;

/** Throws for a file that is damaged, or needs others beside it. */
export async function loadModel(address: string, name: string): Promise<Model> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const bytes = await answer.arrayBuffer();
  switch (name.slice(name.lastIndexOf(".")).toLowerCase()) {
    case ".glb":
      return gltf(bytes);
    case ".gltf":
      return gltf(glbOf(new TextDecoder().decode(bytes)));
    case ".obj":
      return still(painted((await import("three/addons/loaders/OBJLoader.js")).OBJLoader, bytes));
    case ".stl":
      return still(meshOf(new (await import("three/addons/loaders/STLLoader.js")).STLLoader().parse(bytes)));
    case ".ply":
      return still(meshOf(new (await import("three/addons/loaders/PLYLoader.js")).PLYLoader().parse(bytes)));
    case ".splat":
      return still(splats(bytes));
  }
  throw new Error(name);
}

const still = (object: Object3D): Model => ({ object, animations: [] });

async function gltf(bytes: ArrayBuffer): Promise<Model> {
  const { GLTFLoader } = await import("three/addons/loaders/GLTFLoader.js");
  const loader = new GLTFLoader();
  // Pictures inside are shown by image elements, which the page's content policy allows; fetching them it does not.
  loader.register((parser) => {
    parser.textureLoader = new TextureLoader(parser.options.manager);
    return { name: "pictures" };
  });
  const { scene, animations } = await loader.parseAsync(bytes, "");
  return { object: scene, animations };
}

function painted(Loader: new () => { parse(text: string): Object3D }, bytes: ArrayBuffer): Object3D {
  const object = new Loader().parse(new TextDecoder().decode(bytes));
  object.traverse((each) => {
    if (each instanceof Mesh) each.material = plain("color" in each.geometry.attributes);
  });
  return object;
}

/** Points, when the file has no faces. */
function meshOf(geometry: BufferGeometry): Object3D {
  const coloured = geometry.hasAttribute("color");
  const { position } = geometry.attributes;
  if (geometry.index === null && geometry.getAttribute("normal") === undefined && (position?.count ?? 0) % 3 !== 0)
    return cloud(geometry, coloured);
  if (geometry.index === null && geometry.getAttribute("normal") === undefined) return cloud(geometry, coloured);
  if (!geometry.hasAttribute("normal")) geometry.computeVertexNormals();
  return new Mesh(geometry, plain(coloured));
}

function cloud(geometry: BufferGeometry, coloured: boolean): Object3D {
  return new Points(geometry, new PointsMaterial({ size: 2, sizeAttenuation: false, vertexColors: coloured }));
}

function plain(coloured: boolean): MeshStandardMaterial {
  const colour = coloured ? 0xffffff : 0xb9b4a8;
  return new MeshStandardMaterial({ color: colour, roughness: 0.75, vertexColors: coloured, side: 2 });
}

const SPLAT = 32;

/** The centres of a Gaussian splat's parts in their colours: a look at it, not its whole softness. */
function splats(bytes: ArrayBuffer): Object3D {
  const count = Math.floor(bytes.byteLength / SPLAT);
  const [numbers, letters] = [new DataView(bytes), new Uint8Array(bytes)];
  const [places, colours] = [new Float32Array(3 * count), new Float32Array(4 * count)];
  for (let index = 0; index < count; index++) {
    for (let axis = 0; axis < 3; axis++)
      // These files have their y and z axes the other way round.
      places[3 * index + axis] = numbers.getFloat32(SPLAT * index + 4 * axis, true) * (axis === 0 ? 1 : -1);
    for (let part = 0; part < 4; part++) colours[4 * index + part] = (letters[SPLAT * index + 24 + part] ?? 0) / 255;
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(places, 3));
  geometry.setAttribute("color", new BufferAttribute(colours, 4));
  return new Points(
    geometry,
    new PointsMaterial({ size: 3, sizeAttenuation: false, vertexColors: true, transparent: true, depthWrite: false }),
  );
}
